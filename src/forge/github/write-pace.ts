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
