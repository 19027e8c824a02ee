import { z } from 'zod';

export const ReceiptObject = z.object({
  kind: z.string(),
  /** Empty for what belongs to no namespace. */
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
});
export type ReceiptObject = z.infer<typeof ReceiptObject>;

export const Blocker = z.object({
  /** `ConfigMap shop-7/stuck`, or the namespace itself. */
  object: z.string(),
  /** The finalizer, the namespace's condition, or `timeout`. */
  cause: z.string(),
  message: z.string(),
});
export type Blocker = z.infer<typeof Blocker>;

export const OutlivingVolume = z.object({
  name: z.string(),
  uid: z.string(),
  /** `kept` where its reclaim policy says so, `remaining` where its storage driver has not deleted it yet. */
  status: z.enum(['gone', 'kept', 'remaining']),
  /** What the cluster says of it. */
  note: z.string().default(''),
});
export type OutlivingVolume = z.infer<typeof OutlivingVolume>;

/** An object whose finalizers were taken away because an operator said so. */
export const StrippedObject = ReceiptObject.extend({ finalizers: z.array(z.string()) });
export type StrippedObject = z.infer<typeof StrippedObject>;

/** Proof of a teardown: what the cluster had, what is proven gone, or what stands in the way. */
export const Receipt = z.object({
  runId: z.string(),
  environment: z.string(),
  status: z.enum(['gone', 'blocked']),
  startedAt: z.iso.datetime(),
  durationMs: z.number(),
  /** Listed from the cluster before anything was deleted. */
  created: z.array(ReceiptObject),
  /** Those of `created` that were looked for afterwards and are not there. */
  gone: z.array(ReceiptObject),
  blockedBy: z.array(Blocker),
  /** Volumes that the environment's claims were bound to. */
  volumes: z.array(OutlivingVolume),
  stripped: z.array(StrippedObject).default([]),
});
export type Receipt = z.infer<typeof Receipt>;

/** What a later attempt goes on from. */
export const EarlierReceipt = Receipt.pick({ created: true, gone: true, volumes: true, stripped: true });
export type EarlierReceipt = z.infer<typeof EarlierReceipt>;
