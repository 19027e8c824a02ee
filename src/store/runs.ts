import type { ExpressionBuilder } from 'kysely';
import type { Phase } from '../verdict/verdict-document.ts';
import { prepared } from './prepared.ts';
import { asStoredRun, type StoredRun } from './run-row.ts';
import type { Reader, Tx } from './store.ts';
import type { Tables } from './tables.ts';
import { word } from './word.ts';

export async function runById(reader: Reader, id: string): Promise<StoredRun | null> {
  const [row] = await selectRun(reader, id);
  return row === undefined ? null : asStoredRun(row);
}

const selectRun = prepared((db, id: string) => db.selectFrom('runs').selectAll().where('id', '=', id));

/** Without its document. */
export async function phaseOf(reader: Reader, id: string): Promise<Phase | null> {
  const [row] = await selectPhase(reader, id);
  return row?.phase ?? null;
}

const selectPhase = prepared((db, id: string) => db.selectFrom('runs').select('phase').where('id', '=', id));

/** Runs that are not done, oldest first; of one change, or of all. */
export async function liveRuns(reader: Reader, changeId?: string): Promise<StoredRun[]> {
  let query = reader.db
    .selectFrom('runs')
    .selectAll()
    .where('phase', '<>', word('done'))
    .orderBy('created_at')
    .orderBy('id');
  if (changeId !== undefined) query = query.where('change_id', '=', changeId);
  return (await query.execute()).map(asStoredRun);
}

/** Newest first. */
export async function runsOfChange(reader: Reader, changeId: string, limit = 50): Promise<StoredRun[]> {
  return (await selectOfChange(reader, changeId, limit)).map(asStoredRun);
}

const selectOfChange = prepared((db, changeId: string, limit: number) =>
  db.selectFrom('runs').selectAll().where('change_id', '=', changeId).orderBy('generation', 'desc').limit(limit),
);

/** Of a change's runs on one commit the newest alone has anything to say about it. */
export function isNewestOnItsCommit(of: ExpressionBuilder<Tables, 'runs'>) {
  return of.not(
    of.exists(
      of
        .selectFrom('runs as newer')
        .select('newer.id')
        .whereRef('newer.change_id', '=', 'runs.change_id')
        .whereRef('newer.head_sha', '=', 'runs.head_sha')
        .whereRef('newer.generation', '>', 'runs.generation'),
    ),
  );
}

/** Of a change's runs on one commit; 0 where there are none. */
export async function newestGenerationOn(reader: Reader, changeId: string, sha: string): Promise<number> {
  const [row] = await selectNewestOn(reader, changeId, sha);
  return row?.generation ?? 0;
}

const selectNewestOn = prepared((db, changeId: string, sha: string) =>
  db
    .selectFrom('runs')
    .select('generation')
    .where('change_id', '=', changeId)
    .where('head_sha', '=', sha)
    .orderBy('generation', 'desc')
    .limit(1),
);

/** The newest run of each change on this commit: what a check on it aggregates. */
export async function runsOfSha(reader: Reader, repository: string, sha: string): Promise<StoredRun[]> {
  return (await selectOfSha(reader, repository, sha)).map(asStoredRun);
}

const selectOfSha = prepared((db, repository: string, sha: string) =>
  db
    .selectFrom('runs')
    .selectAll()
    .where('repository', '=', repository)
    .where('head_sha', '=', sha)
    .where(isNewestOnItsCommit)
    .orderBy('change_id'),
);

/** Live and finished, newest first. `before` (a run's `createdAt`) turns the page. */
export async function recentRuns(reader: Reader, limit = 50, before?: string): Promise<StoredRun[]> {
  let query = reader.db.selectFrom('runs').selectAll().orderBy('created_at', 'desc').orderBy('id').limit(limit);
  if (before !== undefined) query = query.where('created_at', '<', new Date(before));
  return (await query.execute()).map(asStoredRun);
}

/** What came out last on this commit, such as on that of the base branch. */
export async function latestFinishedOn(reader: Reader, repository: string, sha: string): Promise<StoredRun | null> {
  const [row] = await selectFinishedOn(reader, repository, sha);
  return row === undefined ? null : asStoredRun(row);
}

const selectFinishedOn = prepared((db, repository: string, sha: string) =>
  db
    .selectFrom('runs')
    .selectAll()
    .where('phase', '=', word('done'))
    .where('repository', '=', repository)
    .where('head_sha', '=', sha)
    .orderBy('finished_at', 'desc')
    .limit(1),
);

/** Finished runs older than `before` whose environment is proven gone, the oldest first. */
export async function runsFinishedBefore(reader: Reader, before: Date, limit = 500): Promise<string[]> {
  const rows = await reader.db
    .selectFrom('runs')
    .select('id')
    .where('phase', '=', word('done'))
    .where('finished_at', '<', before)
    .where('id', 'in', (of) => of.selectFrom('teardowns').select('run_id').where('state', '=', word('gone')))
    .orderBy('finished_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Forgets these runs (their log, teardown and checks' rows with them), entries that have left the merge queue with their last
 * run, and handled deliveries older than `before`.
 */
export async function forgetRuns(tx: Tx, ids: readonly string[], before: Date): Promise<void> {
  if (ids.length > 0) {
    await tx.db.deleteFrom('checks').where('run_id', 'in', ids).execute();
    await tx.db.deleteFrom('runs').where('id', 'in', ids).execute();
  }
  await tx.db
    .deleteFrom('changes')
    .where('queue_ref', 'is not', null)
    .where('closed', '=', true)
    .where('updated_at', '<', before)
    .where('id', 'not in', (of) => of.selectFrom('runs').select('change_id'))
    .execute();
  await tx.db.deleteFrom('deliveries').where('handled_at', '<', before).execute();
}
