import type { Entry, Invariant } from './invariant.ts';

/** Whoever is told to end does so within its next look, an interrupted provisioning's end, and a hand-over's wait. */
const longestMs = 120_000;
const atWork = ['image', 'provisioning', 'testing'];

export const oneEnvironment: Invariant = {
  name: 'one-environment',
  promise: 'a change has one live run, and what was told to end, ends: one environment once it settles',
  checked: 'after every step and at quiescence',
  watch: ({ known, broken }) => {
    /** By change: its live runs that nobody told to end. */
    const wanted = new Map<string, Set<string>>();
    /** Told to end, and since when. */
    const ending = new Map<string, number>();
    const note = (row: Entry<'run-row'>) => {
      const live = wanted.get(row.changeId) ?? new Set();
      wanted.set(row.changeId, live);
      if (row.phase !== 'done' && row.cancel === null) live.add(row.runId);
      else live.delete(row.runId);
      if (row.cancel !== null && atWork.includes(row.phase)) ending.set(row.runId, ending.get(row.runId) ?? row.atMs);
      else ending.delete(row.runId);
    };
    const check = (nowMs: number) => {
      for (const [changeId, live] of wanted) {
        if (live.size > 1) broken(changeId, `${[...live].join(' and ')} are live at the same time`);
      }
      for (const [runId, since] of ending) {
        if (known.calmMs(since, nowMs) > longestMs)
          broken(runId, `it was told to end at ${since} ms and is still in its ${known.runs.get(runId)?.phase}`);
      }
    };
    let committedAt = -1;
    return {
      on: (entry) => {
        // The rows of one transaction come one after another.
        if (entry.atMs !== committedAt) check(entry.atMs);
        committedAt = entry.atMs;
        if (entry.kind === 'run-row') note(entry);
      },
      atEnd: (snapshot) => {
        check(snapshot.atMs);
        const standing = Map.groupBy(snapshot.namespaces, ({ runId }) => known.runs.get(runId)?.changeId ?? runId);
        for (const [changeId, namespaces] of standing) {
          const runs = new Set(namespaces.map(({ runId }) => runId));
          // Each that somebody keeps stands by a wish of its own.
          const isKept = (runId: string) => known.teardowns.get(runId)?.state === 'kept';
          if (runs.size > 1 && ![...runs].every(isKept))
            broken(changeId, `the environments of ${[...runs].join(' and ')} stand`);
        }
      },
    };
  },
};
