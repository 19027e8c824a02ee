import { prepared } from './prepared.ts';
import { asStoredRun, type StoredRun } from './run-row.ts';
import type { Reader, Tx } from './store.ts';
import { word } from './word.ts';

/** What the forge has as the deployment of a run. */
export interface KnownDeployment {
  forgeId: string;
  state: string;
}

export async function deploymentOf(reader: Reader, runId: string): Promise<KnownDeployment | null> {
  const [row] = await selectDeployment(reader, runId);
  if (row === undefined || row.deployment_id === null || row.deployment_state === null) return null;
  return { forgeId: row.deployment_id, state: row.deployment_state };
}

const selectDeployment = prepared((db, runId: string) =>
  db.selectFrom('runs').select(['deployment_id', 'deployment_state']).where('id', '=', runId),
);

export async function rememberDeployment(tx: Tx, runId: string, { forgeId, state }: KnownDeployment): Promise<void> {
  await tx.db
    .updateTable('runs')
    .set({ deployment_id: forgeId, deployment_state: state })
    .where('id', '=', runId)
    .execute();
}

/**
 * Done runs whose environment is torn down, and whose deployment still stands at the forge. Oldest first.
 * @param window as for `untoldRuns`
 */
export async function standingDeployments(
  reader: Reader,
  window: { after: Date; before: Date },
  limit = 100,
): Promise<StoredRun[]> {
  const rows = await reader.db
    .selectFrom('runs')
    .innerJoin('teardowns', 'teardowns.run_id', 'runs.id')
    .selectAll('runs')
    .where('runs.phase', '=', word('done'))
    .where('runs.deployment_state', 'is not', null)
    .where('runs.deployment_state', '<>', 'inactive')
    .where('runs.updated_at', '>=', window.after)
    .where('runs.updated_at', '<=', window.before)
    .where('teardowns.state', 'in', ['gone', 'blocked'])
    .orderBy('runs.updated_at')
    .limit(limit)
    .execute();
  return rows.map(asStoredRun);
}
