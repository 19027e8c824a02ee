import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bucket, publishedPace, takeFromBucket } from '../../src/forge/github/write-pace.ts';

/** Instants at which writes that are wanted at `wanted` go out. */
function sentAt(bucket: Bucket, wanted: number[]): number[] {
  let fullAt = 0;
  return wanted.map((now) => {
    const taken = takeFromBucket(bucket, fullAt, now);
    fullAt = taken.fullAt;
    return now + taken.waitMs;
  });
}

function mostWithin(instants: number[], windowMs: number): number {
  return Math.max(0, ...instants.map((from) => instants.filter((at) => at >= from && at < from + windowMs).length));
}

const gaps = fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 700 });

function summed(steps: number[]): number[] {
  let at = 1_000_000;
  return steps.map((step) => {
    at += step;
    return at;
  });
}

describe('the pace of writes', () => {
  test("a run's ten writes go out at once, the eleventh waits a second", () => {
    const at = 1_000_000;

    expect(sentAt(publishedPace.writes, Array(12).fill(at))).toEqual([...Array(10).fill(at), at + 1000, at + 2000]);
  });

  test('however they come, no minute holds more than 80 writes', () => {
    fc.assert(
      fc.property(gaps, (steps) => {
        expect(mostWithin(sentAt(publishedPace.writes, summed(steps)), 60_000)).toBeLessThanOrEqual(80);
      }),
      { numRuns: 30 },
    );
  });

  test('however they come, no hour holds more than 500 creations', () => {
    fc.assert(
      fc.property(gaps, (steps) => {
        expect(mostWithin(sentAt(publishedPace.creations, summed(steps)), 3_600_000)).toBeLessThanOrEqual(500);
      }),
      { numRuns: 30 },
    );
    expect(mostWithin(sentAt(publishedPace.creations, Array(700).fill(1_000_000)), 3_600_000)).toBeGreaterThan(490);
  });
});
