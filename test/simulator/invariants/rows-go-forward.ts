import { phaseOrder } from '../../../src/run/phases.ts';
import type { Entry, Invariant } from './invariant.ts';
import { replicaOf } from './known.ts';

export const rowsGoForward: Invariant = {
  name: 'rows-go-forward',
  promise: 'only who holds a run writes its phase and verdict, its fence only grows, and no word of it is taken back',
  checked: 'after every step',
  watch: ({ broken }) => {
    const before = new Map<string, Entry<'run-row'>>();
    return {
      on: (row) => {
        if (row.kind !== 'run-row') return;
        const last = before.get(row.runId);
        before.set(row.runId, row);
        const wrong = last === undefined ? null : wrongStep(last, row);
        if (wrong !== null) broken(row.runId, `${row.owner}: ${wrong}`);
      },
    };
  },
};

function wrongStep(last: Entry<'run-row'>, row: Entry<'run-row'>): string | null {
  if (phaseOrder.indexOf(row.phase) < phaseOrder.indexOf(last.phase)) return `from ${last.phase} back to ${row.phase}`;
  if (row.fence < last.fence) return `the fence went from ${last.fence} back to ${row.fence}`;
  if (last.cancel !== null && row.cancel !== last.cancel) return `the cancellation "${last.cancel}" was taken back`;
  if (last.verdict !== null && row.verdict !== last.verdict) return `"${last.verdict}" became "${row.verdict}"`;
  const written = row.phase !== last.phase || row.verdict !== last.verdict;
  const isHolder = [last.leaseOwner, row.leaseOwner].some(
    (holder) => holder !== null && replicaOf(holder) === row.owner,
  );
  return written && !isHolder ? `written while "${last.leaseOwner}" held it` : null;
}
