import { sql } from 'kysely';
import { firstDeadlineMs, type Hold, leaseMs } from './leases.ts';
import { asStoredRun, type StoredRun } from './run-row.ts';
import type { Reader, Tx } from './store.ts';

/** Promises a verdict within so long from now, on the store's clock. */
export async function setDeadline(tx: Tx, hold: Hold, withinMs: number): Promise<void> {
  await tx.db
    .updateTable('runs')
    .set({ deadline_at: new Date(tx.now.getTime() + withinMs) })
    .where('id', '=', hold.runId)
    .where('fence', '=', hold.fence)
    .where('lease_owner', '=', hold.owner)
    .execute();
}

/** Ids of runs without a verdict whose deadline is over, whoever plays them. */
export async function overdueRuns(reader: Reader, now: Date, limit = 100): Promise<string[]> {
  const rows = await reader.db
    .selectFrom('runs')
    .select('id')
    .where('phase', 'not in', ['teardown', 'done'])
    .where('deadline_at', '<=', now)
    .orderBy('deadline_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Takes an overdue run from whoever plays it: its fence is worth nothing from now on. Whoever takes it has the time of a first
 * deadline, and may be overdue in turn.
 * @returns null when it is not overdue any more
 */
export async function seizeRun(tx: Tx, runId: string, owner: string): Promise<{ run: StoredRun; hold: Hold } | null> {
  const until = new Date(tx.now.getTime() + leaseMs);
  const row = await tx.db
    .updateTable('runs')
    .set({
      lease_owner: owner,
      lease_until: until,
      fence: sql<number>`fence + 1`,
      deadline_at: new Date(tx.now.getTime() + firstDeadlineMs),
    })
    .where('id', '=', runId)
    .where('phase', 'not in', ['teardown', 'done'])
    .where('deadline_at', '<=', tx.now)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return null;
  return { run: asStoredRun(row), hold: { runId, owner, fence: Number(row.fence), until: until.toISOString() } };
}
