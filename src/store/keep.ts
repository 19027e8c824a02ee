import { sql } from 'kysely';
import { type Lifetime, lifetimeOf } from '../run/lifetime.ts';
import { asJson } from './as-json.ts';
import type { Hold } from './leases.ts';
import { asStoredRun, type StoredRun } from './run-row.ts';
import type { Reader, Tx } from './store.ts';
import { recordTeardown } from './teardowns.ts';

export interface KeepWish {
  /** Milliseconds after the last activity: the command, or the end of the run. */
  forMs: number;
  /** When the run's room was reserved, in milliseconds since the epoch. */
  bornAt: number | null;
}

/** For how long somebody asked to keep a run's environment; null when nobody did, or somebody took it back. */
export async function keepWishOf(reader: Reader, runId: string): Promise<KeepWish | null> {
  const row = await reader.db
    .selectFrom('runs')
    .select(['keep_ms', 'keep_until', 'admitted_at', 'cancel'])
    .where('id', '=', runId)
    .executeTakeFirst();
  if (row === undefined || row.keep_ms === null || row.keep_until === null || row.cancel !== null) return null;
  return { forMs: Number(row.keep_ms), bornAt: row.admitted_at?.getTime() ?? null };
}

/**
 * Keeps an environment for so long from now, as far as the operator allows; that of a run under way also from the run's end. Its
 * expiry and its teardown move with it.
 * @returns null when the environment is gone, or going
 */
export async function keepEnvironment(
  tx: Tx,
  runId: string,
  { forMs, mostMs }: { forMs: number; mostMs: number },
): Promise<(Lifetime & { run: StoredRun }) | null> {
  const row = await tx.db
    .selectFrom('runs')
    .innerJoin('teardowns', 'teardowns.run_id', 'runs.id')
    .select(['runs.admitted_at', 'runs.expires_at', 'runs.phase', 'teardowns.state'])
    .where('runs.id', '=', runId)
    .where('runs.cancel', 'is', null)
    .where('teardowns.state', 'in', ['promised', 'kept'])
    .where('teardowns.held_by', 'is', null)
    .forUpdate(['runs', 'teardowns'])
    .executeTakeFirst();
  if (row === undefined) return null;
  const bornAt = row.admitted_at?.getTime() ?? null;
  const life = lifetimeOf({ activeAt: tx.now.getTime(), forMs, bornAt, mostMs });
  // What is under way loses nothing by it.
  const until = new Date(row.phase === 'done' ? life.until : Math.max(life.until, row.expires_at.getTime()));
  if (row.state === 'kept') await noteKept(tx, runId, life);
  await tx.db.updateTable('teardowns').set({ due_at: until, updated_at: tx.now }).where('run_id', '=', runId).execute();
  const kept = await tx.db
    .updateTable('runs')
    .set({ keep_ms: forMs, keep_until: until, expires_at: until, active_at: tx.now, updated_at: tx.now })
    .where('id', '=', runId)
    .returningAll()
    .executeTakeFirstOrThrow();
  await tx.wake('teardowns', runId, until);
  return { ...life, until: until.getTime(), run: asStoredRun(kept) };
}

async function noteKept(tx: Tx, runId: string, { until, longestMs }: Lifetime): Promise<void> {
  const note = asJson({ until: new Date(until).toISOString(), longestMs });
  await tx.db
    .updateTable('runs')
    .set({ document: sql`jsonb_set(document, '{teardown,kept}', ${note})` })
    .where('id', '=', runId)
    .execute();
}

/** Records that an environment is kept. False when somebody wanted its run to end meanwhile, or plays it by now: then it goes. */
export async function recordKept(tx: Tx, { runId, owner, fence }: Hold, until: Date): Promise<boolean> {
  const row = await tx.db
    .updateTable('runs')
    .set({ keep_until: until, expires_at: until, active_at: tx.now, updated_at: tx.now })
    .where('id', '=', runId)
    .where('fence', '=', fence)
    .where('lease_owner', '=', owner)
    .where('cancel', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) return false;
  await recordTeardown(tx, runId, { state: 'kept', dueAt: until });
  return true;
}
