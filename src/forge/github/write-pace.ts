import { setTimeout as sleep } from 'node:timers/promises';

/**
 * GitHub's published limits: 80 requests a minute and 500 an hour that create content, and "at least one second between
 * writes" for many of them. A bucket keeps the averages and lets a run's handful of writes through at once:
 * at most 10 + 60 writes in any minute, at most 140 + 360 creations in any hour.
 */
export const publishedPace = {
  writes: { burst: 10, intervalMs: 1000 },
  creations: { burst: 140, intervalMs: 10_000 },
};

export interface Bucket {
  /** How many may pass at once after a rest. */
  burst: number;
  /** After that, one in this time. */
  intervalMs: number;
}

/** When the next one of a bucket may pass, and the bucket's state after it. Pure; instants in milliseconds. */
export function takeFromBucket(bucket: Bucket, fullAt: number, now: number): { waitMs: number; fullAt: number } {
  const from = Math.max(fullAt, now);
  return { waitMs: Math.max(0, from - now - (bucket.burst - 1) * bucket.intervalMs), fullAt: from + bucket.intervalMs };
}

export type Pace = typeof publishedPace;

/** The writes of one installation. */
export class WritePace {
  readonly #pace: Pace;
  readonly #now: () => number;
  #writesFullAt = 0;
  #creationsFullAt = 0;

  constructor(pace: Pace, now: () => number) {
    this.#pace = pace;
    this.#now = now;
  }

  /** Resolves when one more write may go out; waits its turn, in order. Rejects with the signal's reason. */
  async turn(kind: 'write' | 'creation', signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = this.#now();
    const write = takeFromBucket(this.#pace.writes, this.#writesFullAt, now);
    this.#writesFullAt = write.fullAt;
    let waitMs = write.waitMs;
    if (kind === 'creation') {
      const creation = takeFromBucket(this.#pace.creations, this.#creationsFullAt, now);
      this.#creationsFullAt = creation.fullAt;
      waitMs = Math.max(waitMs, creation.waitMs);
    }
    if (waitMs > 0) {
      await sleep(waitMs, undefined, { signal }).catch((error: unknown) => {
        // Whoever gives up waiting leaves its turn to those behind.
        this.#writesFullAt -= this.#pace.writes.intervalMs;
        if (kind === 'creation') this.#creationsFullAt -= this.#pace.creations.intervalMs;
        signal.throwIfAborted();
        throw error;
      });
    }
  }
}
