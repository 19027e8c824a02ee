import type { Invariant } from './invariant.ts';

/** A look at the row, the 10 s that suites have to write their reports, and slow requests. */
const longestMs = 20_000;

export const suitesEnd: Invariant = {
  name: 'suites-end',
  promise: 'suites under way end within 10 s of hearing that their run is over',
  checked: 'after every step and at quiescence',
  watch: ({ known, broken }) => {
    /** By run: its suites under way. */
    const underWay = new Map<string, Set<string>>();
    /** Told to end while suites were under way, and since when. */
    const ending = new Map<string, number>();
    const check = (nowMs: number) => {
      for (const [runId, since] of ending) {
        if (known.calmMs(since, nowMs) <= longestMs) continue;
        const names = [...(underWay.get(runId) ?? [])].join(', ');
        broken(runId, `it was told to end at ${since} ms; its suites go on: ${names}`);
      }
    };
    return {
      on: (entry) => {
        check(entry.atMs);
        if (entry.kind === 'suites-released') {
          underWay.set(entry.runId, (underWay.get(entry.runId) ?? new Set()).add(entry.suite));
          const run = known.runs.get(entry.runId);
          if (run !== undefined && run.cancel !== null) ending.set(entry.runId, ending.get(entry.runId) ?? entry.atMs);
        }
        if (entry.kind === 'run-row' && entry.cancel !== null && underWay.has(entry.runId))
          ending.set(entry.runId, ending.get(entry.runId) ?? entry.atMs);
        if (entry.kind === 'suites-ended') {
          const suites = underWay.get(entry.runId);
          suites?.delete(entry.suite);
          if (suites?.size !== 0) return;
          underWay.delete(entry.runId);
          ending.delete(entry.runId);
        }
      },
      atEnd: ({ atMs }) => check(atMs),
    };
  },
};
