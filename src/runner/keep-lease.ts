import { setTimeout as sleep } from 'node:timers/promises';
import { explain, type RunError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Lease } from './lease.ts';

const everyMs = 1_000;

export interface Leasing<News> {
  lease: Lease;
  log: Log;
  /** Prolongs it in the store; null when somebody else has it by now. */
  renew: () => Promise<News | null>;
  /** What others asked meanwhile; called with each renewal. */
  onNews?: (news: News) => void;
  /** The lease is over: begin nothing any more. */
  onLost: (error: RunError) => void;
}

/**
 * Renews the lease every second until the signal aborts: so a cancellation is seen within that second as well. A store that
 * does not answer costs the lease only when it lasts; a fence that is old costs it at once. Never rejects.
 */
export async function keepLease<News>(leasing: Leasing<News>, signal: AbortSignal): Promise<void> {
  const { lease, log, renew, onNews, onLost } = leasing;
  const watching = new AbortController();
  // A store that never answers must not keep us from knowing that our time is over.
  const watched = untilOver(lease, watching.signal).then((over) => over && onLost(lease.lose()));
  try {
    while (!signal.aborted) {
      const askedAt = performance.now();
      try {
        const renewed = await renew();
        if (signal.aborted) return;
        if (renewed === null || lease.leftMs === 0) return onLost(lease.lose());
        lease.renewed(askedAt);
        onNews?.(renewed);
      } catch (error) {
        log.warn({ run: lease.hold.runId, error: explain(error) }, 'renewing the lease');
      }
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    watching.abort();
    await watched;
  }
}

/** Whether the time of the lease ran out before the signal. */
async function untilOver(lease: Lease, signal: AbortSignal): Promise<boolean> {
  while (lease.leftMs > 0 && !signal.aborted) {
    await sleep(lease.leftMs + 1, undefined, { signal }).catch(() => undefined);
  }
  return !signal.aborted;
}
