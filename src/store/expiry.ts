import type { Tx } from './store.ts';

/** Moves the instant at which a run's environment goes at the latest, and its teardown with it; a kept one keeps its own. */
export async function setExpiry(tx: Tx, runId: string, at: Date): Promise<void> {
  const row = await tx.db
    .updateTable('runs')
    .set({ expires_at: at, updated_at: tx.now })
    .where('id', '=', runId)
    .where('keep_until', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) return;
  await tx.db
    .updateTable('teardowns')
    .set({ due_at: at, updated_at: tx.now })
    .where('run_id', '=', runId)
    .where('state', '=', 'promised')
    .execute();
  await tx.wake('teardowns', runId, at);
}
