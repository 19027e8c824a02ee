import type { Entry, Invariant } from './invariant.ts';

/** A look's own time-out, and the way from it to the effect. */
const longestMs = 15_000;

export const lookedBeforeEffect: Invariant = {
  name: 'looked-before-effect',
  promise:
    'no environment is created, and no suite begun, without a new look at the change, nor long after it was closed or moved on',
  checked: 'after every step',
  watch: ({ known, broken }) => {
    /** By owner and subject: the entry of the newest look; by owner and run: that of the newest act. */
    const looks = new Map<string, number>();
    const acts = new Map<string, Entry<'act-begun' | 'act-ended'>>();

    const isLooked = (entry: Entry<'act-begun'>, run: Entry<'run-row'>) => {
      const before = acts.get(`${entry.owner} ${entry.runId}`);
      const looked = looks.get(`${entry.owner} ${run.repository} ${run.number}`);
      return before === undefined || (looked !== undefined && looked > before.index);
    };
    const effect = (entry: Entry<'act-begun'>, run: Entry<'run-row'>) => {
      const { act, owner, runId } = entry;
      if (!isLooked(entry, run)) broken(runId, `${owner} began "${act}" without a new look at the change`);
      const since = known.unwantedSince(run);
      if (since === null || known.calmMs(since, entry.atMs) <= longestMs) return;
      broken(runId, `${owner} began "${act}" ${entry.atMs - since} ms after nobody wanted it`);
    };
    return {
      on: (entry) => {
        if (entry.kind === 'looked') looks.set(`${entry.owner} ${entry.repository} ${entry.number}`, entry.index);
        if (entry.kind !== 'act-begun' && entry.kind !== 'act-ended') return;
        const run = known.runs.get(entry.runId);
        if (entry.kind === 'act-begun' && (entry.act === 'provision' || entry.act === 'go') && run !== undefined)
          effect(entry, run);
        acts.set(`${entry.owner} ${entry.runId}`, entry);
      },
    };
  },
};
