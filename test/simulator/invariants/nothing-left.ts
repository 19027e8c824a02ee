import type { Snapshot } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import { newestRuns, runsAtEnd } from './newest-runs.ts';

/** What lands between a teardown's last look and its receipt is the reconcile loop's. */
const betweenLookAndReceiptMs = 60_000;

export const nothingLeft: Invariant = {
  name: 'nothing-left',
  promise: 'no environment and no stack is left, and no receipt says gone of what stands',
  checked: 'after every step and at quiescence',
  watch: ({ world, known, broken }) => ({
    on: (entry) => {
      if (entry.kind !== 'teardown-row' || entry.state !== 'gone') return;
      for (const { name, isLate, atMs } of known.standingOf(entry.runId)) {
        if (isLate || entry.atMs - atMs <= betweenLookAndReceiptMs) continue;
        broken(entry.runId, `${entry.owner} wrote a receipt that "${name}" is gone, and it stands`);
      }
    },
    atEnd: (snapshot) => {
      const kept = keptRuns(snapshot, world.clock.wallMs('database'));
      for (const { name, runId } of snapshot.namespaces) {
        if (!kept.has(runId)) broken(runId, `"${name}" is left`);
      }
      const names = new Map(snapshot.rows.runs.map((row) => [String(row.environment_name), String(row.id)]));
      for (const stack of snapshot.stacks) {
        const runId = names.get(stack);
        if (runId === undefined || !kept.has(runId)) broken(stack, `the stack "${stack}" is left`);
      }
    },
  }),
};

/** Whose environments stand by somebody's wish: of open changes, for some time yet. A newer run on the same commit ends no wish. */
function keptRuns(snapshot: Snapshot, nowMs: number): Set<string> {
  const open = new Set(snapshot.changes.filter((change) => change.open).map(({ number }) => number));
  const heads = new Map(newestRuns(snapshot).map(({ changeId, headSha }) => [changeId, headSha]));
  const due = new Map(snapshot.rows.teardowns.map((row) => [String(row.run_id), row]));
  const kept = runsAtEnd(snapshot).filter(({ id, number, changeId, headSha }) => {
    const row = due.get(id);
    const isWished = row?.state === 'kept' && Number(row.due_at) > nowMs;
    return open.has(number) && isWished && headSha === heads.get(changeId);
  });
  return new Set(kept.map(({ id }) => id));
}
