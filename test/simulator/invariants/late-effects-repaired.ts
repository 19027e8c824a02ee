import type { Entry, Invariant } from './invariant.ts';

/** One round of reconciling, and another one for a cluster that could not be asked just then. */
const longestMs = 150_000;

export const lateEffectsRepaired: Invariant = {
  name: 'late-effects-repaired',
  promise: 'what lands after its receipt is found by the next reconcile and goes',
  checked: 'after every step and at quiescence',
  watch: ({ known, broken }) => {
    const late = new Map<string, Entry<'namespace-created'>>();
    const forget = (of: (namespace: Entry<'namespace-created'>) => boolean) => {
      for (const [uid, namespace] of late) if (of(namespace)) late.delete(uid);
    };
    const check = (nowMs: number) => {
      for (const { uid, name, runId, atMs } of late.values()) {
        if (known.calmMs(atMs, nowMs) <= longestMs) continue;
        broken(runId, `"${name}" landed at ${atMs} ms, after its receipt, and nobody took it away`);
        late.delete(uid);
      }
    };
    return {
      on: (entry) => {
        if (entry.kind === 'namespace-created' && known.teardowns.get(entry.runId)?.state === 'gone') {
          late.set(entry.uid, entry);
        }
        if (late.size === 0) return;
        if (entry.kind === 'namespace-deleted') late.delete(entry.uid);
        if (entry.kind === 'teardown-row' && entry.state !== 'gone') forget(({ runId }) => runId === entry.runId);
        check(entry.atMs);
      },
      atEnd: ({ atMs }) => check(atMs),
    };
  },
};
