import { requestTimeoutMs } from '../../../src/store/leases.ts';
import type { Act } from '../world/history.ts';
import type { Entry, Invariant } from './invariant.ts';
import { replicaOf } from './known.ts';

/** What creates. Whoever only reads, or waits, needs no right to it. */
const effects: ReadonlySet<Act> = new Set(['resolve-images', 'provision', 'go']);

export const leaseBeforeEffect: Invariant = {
  name: 'lease-before-effect',
  promise: 'no effect begins without a valid lease, nor with less left of it than its own time-out',
  checked: 'after every step',
  watch: ({ known, broken }) => {
    const isFinished = (runId: string) => known.teardowns.get(runId)?.state === 'gone';
    /** Who plays the newer run of a change ends what the older one left open. */
    const playsAnother = ({ owner, changeId }: Entry<'check-put'>) =>
      [...known.runs.values()].some(
        (run) => run.changeId === changeId && run.leaseOwner !== null && replicaOf(run.leaseOwner) === owner,
      );
    const concluded = (entry: Entry<'check-put'>) => {
      const phase = known.runs.get(entry.runId)?.phase;
      // What a player should have said long ago, the watchdog says; it needs no lease for that.
      if (entry.conclusion === null || phase === 'teardown' || phase === 'done' || (entry.right.leftMs ?? 0) > 0)
        return;
      if (playsAnother(entry)) return;
      broken(entry.runId, `${entry.owner} concluded "${entry.name}" ${words(entry.right.leftMs)}`);
    };
    return {
      on: (entry) => {
        if (entry.kind === 'check-put') concluded(entry);
        if (entry.kind === 'act-begun' && effects.has(entry.act) && entry.right.isKnown) {
          const { leftMs } = entry.right;
          if (isFinished(entry.runId) || (leftMs !== null && leftMs >= requestTimeoutMs)) return;
          broken(entry.runId, `${entry.owner} began "${entry.act}" ${words(leftMs)}`);
        }
        // A teardown takes many requests, and may be done twice: its hold must last, and that is all.
        const isTeardown =
          entry.kind === 'namespace-deleted' || (entry.kind === 'act-begun' && entry.act === 'clear-stack');
        if (isTeardown && entry.right.isKnown && !isFinished(entry.runId) && (entry.right.leftMs ?? 0) <= 0)
          broken(entry.runId, `${entry.owner} was tearing it down ${words(entry.right.leftMs)}`);
      },
    };
  },
};

function words(leftMs: number | null): string {
  return leftMs === null ? 'without a lease' : `with ${leftMs} ms left of its lease`;
}
