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
  /** Volumes that the environment's claims were bound to; `kept` where the storage class says so. */
  volumes: z.array(z.object({ name: z.string(), uid: z.string(), status: z.enum(['gone', 'kept', 'remaining']) })),
});
export type Receipt = z.infer<typeof Receipt>;
