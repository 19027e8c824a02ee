import { prepared } from './prepared.ts';
import { asStoredRun, type StoredRun } from './run-row.ts';
import type { Reader } from './store.ts';
import { word } from './word.ts';

/** Finished runs of a change whose environment stands because somebody asked to keep it, newest first. */
export async function keptRuns(reader: Reader, changeId: string): Promise<StoredRun[]> {
  return (await selectKept(reader, changeId)).map(asStoredRun);
}

const selectKept = prepared((db, changeId: string) =>
  db
    .selectFrom('runs')
    .innerJoin('teardowns', 'teardowns.run_id', 'runs.id')
    .selectAll('runs')
    .where('runs.change_id', '=', changeId)
    .where('runs.phase', '=', word('done'))
    .where('teardowns.state', '=', word('kept'))
    .orderBy('runs.generation', 'desc'),
);
