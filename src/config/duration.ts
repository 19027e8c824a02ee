const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `"10m"` to milliseconds. Takes only what `greenroom.yaml` and the operator's configuration allow. */
export function durationMs(text: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  if (!match) throw new RangeError(`expected a duration such as "30s" or "2h", got "${text}"`);
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}

/** Milliseconds for people: `840 ms`, `12.4 s`, `3 min 5 s`, `2 h 4 min`. */
export function humanDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
