import type { Entry, Invariant } from './invariant.ts';

/** An attempt of 90 s, and another one where the first could not be written down. */
const longestMs = 240_000;

export const stuckIsNamed: Invariant = {
  name: 'stuck-is-named',
  promise: 'an environment that does not go is said to be blocked within 4 minutes',
  checked: 'after every step and at quiescence',
  watch: ({ known, broken }) => {
    /** By UID: namespaces that were told to go and stand, since the first time. */
    const going = new Map<string, Entry<'namespace-deleted'>>();
    const check = (nowMs: number) => {
      for (const { uid, name, runId, atMs } of going.values()) {
        const state = known.teardowns.get(runId)?.state;
        if (state === undefined || state === 'blocked') going.delete(uid);
        else if (known.calmMs(atMs, nowMs) > longestMs)
          broken(runId, `"${name}" was told to go at ${atMs} ms and stands, and nobody says so`);
      }
    };
    return {
      on: (entry) => {
        if (entry.kind === 'namespace-deleted' && !going.has(entry.uid)) going.set(entry.uid, entry);
        if (entry.kind === 'namespace-gone') going.delete(entry.uid);
        check(entry.atMs);
      },
      atEnd: ({ atMs }) => check(atMs),
    };
  },
};
