import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../errors.ts';
import type { ClusterApi } from '../kubernetes/api-request.ts';
import type { StrippedObject } from './receipt.ts';

export interface TeardownTarget {
  /** The environment's name, which is also its stack's. */
  name: string;
  runId: string;
  instance: string;
}

/** Whether this process may still take this environment away. */
export interface TeardownLease {
  /** Resolves when there is time for one request more. @throws RunError LEASE_LOST */
  enough(): Promise<void>;
  /** Aborted when somebody else has it. */
  over: AbortSignal;
}

export type TeardownProgress =
  | { kind: 'found'; namespaces: number; objects: number }
  | { kind: 'namespace-gone'; namespace: string }
  | { kind: 'stripped'; object: StrippedObject }
  | { kind: 'pulumi'; ok: boolean; detail: string };

/** One attempt under way. */
export interface Work {
  kubernetes: ClusterApi;
  target: TeardownTarget;
  lease: TeardownLease;
  stripFinalizers: boolean;
  onProgress: (progress: TeardownProgress) => void;
  startedAt: number;
  /** Both by `performance.now()`. */
  endsAt: number;
}

export const pollMs = 200;
const requestMs = 20_000;
const unreachablePauseMs = 2_000;

export function patience(): AbortSignal {
  return AbortSignal.timeout(requestMs);
}

/** Asks again while the cluster does not answer, as long as there is time. @throws what the last try threw */
export async function insist<T>({ endsAt, lease }: Work, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const hopeless = !(error instanceof RunError) || error.remedy !== 'retry' || lease.over.aborted;
      if (hopeless || performance.now() + unreachablePauseMs >= endsAt) throw error;
      await sleep(unreachablePauseMs);
    }
  }
}
