/**
 * How long a part that died waits for its next start: at once the first time, then doubling up to 10 s. A part that had run for
 * half a minute starts from the beginning again.
 */
export function restartDelayMs(deathsInARow: number): number {
  return deathsInARow <= 1 ? 100 : Math.min(10_000, 250 * 2 ** (deathsInARow - 2));
}

export function deathsInARow(before: number, ranForMs: number): number {
  return ranForMs >= 30_000 ? 1 : before + 1;
}
