import { setTimeout as sleep } from 'node:timers/promises';
import { explain, RunError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CancelReason } from '../run/run.ts';
import { type Hold, leaseMs, renewLease } from '../store/leases.ts';
import type { Store } from '../store/store.ts';

const everyMs = 1_000;

export interface LeaseNews {
  cancel: CancelReason | null;
  keepUntil: string | null;
}

export interface Leasing {
  store: Store;
  hold: Hold;
  log: Log;
  /** What others asked of the run meanwhile; called with each renewal. */
  onNews: (news: LeaseNews) => void;
  /** The lease is over: begin nothing any more. */
  onLost: (error: RunError) => void;
}

/**
 * Renews the lease every second until the signal aborts: so a cancellation is seen within that second as well. A store that
 * does not answer costs the lease only when it lasts; a fence that is old costs it at once. Never rejects.
 */
export async function keepLease({ store, hold, log, onNews, onLost }: Leasing, signal: AbortSignal): Promise<void> {
  // A store that never answers must not keep us from knowing that our time is over.
  const over = setTimeout(() => onLost(leaseLost(hold)), leaseMs);
  try {
    while (!signal.aborted) {
      const askedAt = performance.now();
      try {
        const renewed = await store.transaction((tx) => renewLease(tx, hold));
        if (signal.aborted) return;
        // The lease counts from when we asked; a later answer does not make it longer.
        if (renewed === null || performance.now() - askedAt > leaseMs) return onLost(leaseLost(hold));
        over.refresh();
        onNews(renewed);
      } catch (error) {
        log.warn({ run: hold.runId, error: explain(error) }, 'renewing the lease');
      }
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    clearTimeout(over);
  }
}

export function leaseLost(hold: Hold): RunError {
  return new RunError(`renewing the lease on run "${hold.runId}"`, {
    code: 'LEASE_LOST',
    remedy: 'retry',
    hint: 'Another Greenroom has taken this run over and goes on with it.',
  });
}
