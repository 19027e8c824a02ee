import { asStoredRun, type StoredRun } from './run-row.ts';
import { isNewestOnItsCommit } from './runs.ts';
import type { Reader } from './store.ts';
import { word } from './word.ts';

/**
 * Judged runs whose word the forge has not heard: the aggregate check of their change on their commit is missing or open, or
 * still an older run's. Only the newest run of a change on a commit has anything to say about it. Oldest first.
 * @param window judged between these instants: late enough that their players had their time, not so long ago that nobody waits
 */
export async function untoldRuns(
  reader: Reader,
  window: { after: Date; before: Date },
  limit = 500,
): Promise<StoredRun[]> {
  const rows = await reader.db
    .selectFrom('runs')
    .leftJoin('checks', (join) =>
      join
        .onRef('checks.repository', '=', 'runs.repository')
        .onRef('checks.sha', '=', 'runs.head_sha')
        .onRef('checks.change_id', '=', 'runs.change_id')
        .on('checks.name', '=', 'greenroom'),
    )
    .selectAll('runs')
    .where((of) => of.or([of('runs.number', 'is not', null), of('runs.queue_ref', 'is not', null)]))
    .where('runs.phase', 'in', ['teardown', 'done'])
    .where('runs.updated_at', '>=', window.after)
    .where('runs.updated_at', '<=', window.before)
    .where((of) =>
      of.or([of('checks.conclusion', 'is', null), of('checks.generation', '<', of.ref('runs.generation'))]),
    )
    .where((of) => isNewestOnItsCommit(of))
    .orderBy('runs.updated_at')
    .limit(limit)
    .execute();
  return rows.map(asStoredRun);
}

/**
 * Done runs, the newest of their changes, of which the change's comment does not tell the end: its last edit failed, or an older
 * run's came after it. Oldest first.
 * @param window as for `untoldRuns`
 */
export async function uncommentedRuns(
  reader: Reader,
  window: { after: Date; before: Date },
  limit = 500,
): Promise<StoredRun[]> {
  const rows = await reader.db
    .selectFrom('runs')
    .innerJoin('changes', 'changes.id', 'runs.change_id')
    .innerJoin('teardowns', 'teardowns.run_id', 'runs.id')
    .selectAll('runs')
    .where('runs.number', 'is not', null)
    .where('runs.phase', '=', word('done'))
    .where('runs.updated_at', '>=', window.after)
    .where('runs.updated_at', '<=', window.before)
    .whereRef('runs.generation', '=', 'changes.generation')
    // Of a receipt that was taken back the next one tells.
    .where('teardowns.state', '<>', word('promised'))
    .where((of) =>
      of.or([
        of('changes.comment_generation', 'is', null),
        of('changes.comment_generation', '<', of.ref('runs.generation')),
        of('changes.comment_said', 'is', null),
        of('changes.comment_said', '<>', of.ref('teardowns.state')),
      ]),
    )
    .orderBy('runs.updated_at')
    .limit(limit)
    .execute();
  return rows.map(asStoredRun);
}
