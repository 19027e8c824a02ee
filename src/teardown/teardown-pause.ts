const firstMs = 30_000;
const longestMs = 30 * 60_000;

/** PURE. How long a blocked teardown rests after so many attempts: doubled with each, up to half an hour, and never given up. */
export function teardownPauseMs(attempts: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.max(0, attempts - 1));
}
