import type { Invariant } from './invariant.ts';

/** A look's own time-out, and the way from it to the effect. */
const longestMs = 15_000;

export const lookedBeforeEffect: Invariant = {
  name: 'looked-before-effect',
  promise: 'no environment is created, and no suite begun, for a change that was closed or moved on long before',
  checked: 'after every step',
  watch: ({ known, broken }) => ({
    on: (entry) => {
      if (entry.kind !== 'act-begun' || (entry.act !== 'provision' && entry.act !== 'go')) return;
      const run = known.runs.get(entry.runId);
      const since = run === undefined ? null : known.unwantedSince(run);
      if (since === null || known.calmMs(since, entry.atMs) <= longestMs) return;
      broken(entry.runId, `${entry.owner} began "${entry.act}" ${entry.atMs - since} ms after nobody wanted it`);
    },
  }),
};
