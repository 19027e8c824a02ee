import { sql } from 'kysely';
import type { TeardownRecord } from '../verdict/verdict-document.ts';
import { asJson } from './as-json.ts';
import { leaseMs, requestTimeoutMs } from './leases.ts';
import type { Reader, Tx } from './store.ts';
import type { TeardownReceipt, TeardownState } from './tables.ts';

/** The promise to tear one environment down. */
export interface Teardown {
  runId: string;
  changeId: string;
  environmentName: string;
  state: TeardownState;
  dueAt: string;
  attempts: number;
  receipt: TeardownReceipt | null;
}

/**
 * Teardowns whose time has come, oldest first, except those of runs that somebody still plays: a player tears its own
 * environment down, and an environment must not go while somebody still creates in it.
 */
export async function dueTeardowns(reader: Reader, now: Date, limit = 100): Promise<Teardown[]> {
  const rows = await openTeardowns(reader, now)
    .where('teardowns.due_at', '<=', now)
    .where((of) => of.or([of('held_until', 'is', null), of('held_until', '<=', now)]))
    .limit(limit)
    .execute();
  return rows.map(asTeardown);
}

/**
 * Takes a due teardown, for the length of a lease (renewed by claiming again).
 * @returns null when it is gone, not due, held by another, or its run is played
 */
export async function claimTeardown(tx: Tx, runId: string, owner: string): Promise<Teardown | null> {
  const row = await openTeardowns(tx, tx.now)
    .where('teardowns.run_id', '=', runId)
    .where('teardowns.due_at', '<=', tx.now)
    .where((of) => of.or([of('held_by', '=', owner), of('held_until', 'is', null), of('held_until', '<=', tx.now)]))
    .forUpdate('teardowns')
    .executeTakeFirst();
  if (row === undefined) return null;
  await tx.db
    .updateTable('teardowns')
    .set((of) => ({
      held_by: owner,
      held_until: new Date(tx.now.getTime() + leaseMs),
      attempts: row.held_by === owner ? row.attempts : of('attempts', '+', 1),
    }))
    .where('run_id', '=', runId)
    .execute();
  return asTeardown({ ...row, attempts: row.held_by === owner ? row.attempts : row.attempts + 1 });
}

/** Makes a teardown due now, such as after a close or a command. False when it is gone or unknown. */
export async function hastenTeardown(tx: Tx, runId: string): Promise<boolean> {
  const row = await tx.db
    .updateTable('teardowns')
    .set({ due_at: tx.now, updated_at: tx.now })
    .where('run_id', '=', runId)
    .where('state', '<>', 'gone')
    .returning('run_id')
    .executeTakeFirst();
  if (row === undefined) return false;
  await tx.db.updateTable('runs').set({ keep_until: null, expires_at: tx.now }).where('id', '=', runId).execute();
  await tx.wake('teardowns', runId);
  return true;
}

/** Records that an environment is kept. False when somebody wanted its run to end meanwhile: then it goes. */
export async function recordKept(tx: Tx, runId: string, until: Date): Promise<boolean> {
  const row = await tx.db
    .updateTable('runs')
    .set({ updated_at: tx.now })
    .where('id', '=', runId)
    .where('cancel', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) return false;
  await recordTeardown(tx, runId, { state: 'kept', dueAt: until });
  return true;
}

/** An environment that was kept has nobody left who wants it: it goes at once. */
export async function endKept(tx: Tx, runId: string): Promise<void> {
  await tx.db
    .updateTable('teardowns')
    .set({ due_at: tx.now, updated_at: tx.now })
    .where('run_id', '=', runId)
    .where('state', '=', 'kept')
    .execute();
}

/**
 * Takes a receipt back that the cluster contradicts: something of the environment stands, landed late by an owner that was
 * frozen. False when there is no such receipt.
 */
export async function reopenTeardown(tx: Tx, runId: string): Promise<boolean> {
  const row = await tx.db
    .updateTable('teardowns')
    .set({ state: 'promised', due_at: tx.now, updated_at: tx.now })
    .where('run_id', '=', runId)
    .where('state', '=', 'gone')
    .returning('run_id')
    .executeTakeFirst();
  if (row === undefined) return false;
  await tx.wake('teardowns', runId);
  return true;
}

/** Records where a teardown stands, and when it is looked at next. */
export async function recordTeardown(
  tx: Tx,
  runId: string,
  next: { state: TeardownState; dueAt: Date },
): Promise<void> {
  await tx.db
    .updateTable('teardowns')
    .set({ state: next.state, due_at: next.dueAt, held_by: null, held_until: null, updated_at: tx.now })
    .where('run_id', '=', runId)
    .execute();
  // Room comes back with the receipt.
  if (next.state === 'gone') await tx.wake('admission', runId);
  else await tx.wake('teardowns', runId, next.dueAt);
}

/**
 * Saves the receipt with the teardown and in the run's document. `gone` is the last word; anything else is tried
 * again at `retryAt`.
 */
export async function saveReceipt(tx: Tx, runId: string, receipt: TeardownReceipt, retryAt: Date): Promise<void> {
  await tx.db
    .updateTable('teardowns')
    .set({ receipt: asJson(receipt) })
    .where('run_id', '=', runId)
    .execute();
  const record = pickRecord(receipt);
  await tx.db
    .updateTable('runs')
    .set({ document: sql`jsonb_set(document, '{teardown}', ${asJson(record)})`, updated_at: tx.now })
    .where('id', '=', runId)
    .execute();
  const state = receipt.status === 'pending' ? 'promised' : receipt.status;
  await recordTeardown(tx, runId, { state, dueAt: state === 'gone' ? tx.now : retryAt });
}

/** Ids of the runs whose environments have no receipt that says gone. */
export async function runsToTearDown(reader: Reader): Promise<ReadonlySet<string>> {
  const rows = await reader.db.selectFrom('teardowns').select('run_id').where('state', '<>', 'gone').execute();
  return new Set(rows.map((row) => row.run_id));
}

export async function teardownOf(reader: Reader, runId: string): Promise<Teardown | null> {
  const row = await reader.db.selectFrom('teardowns').selectAll().where('run_id', '=', runId).executeTakeFirst();
  return row === undefined ? null : asTeardown(row);
}

function openTeardowns(reader: Reader, now: Date) {
  return (
    reader.db
      .selectFrom('teardowns')
      .innerJoin('runs', 'runs.id', 'teardowns.run_id')
      .selectAll('teardowns')
      .where('teardowns.state', '<>', 'gone')
      // What waits for its turn has created nothing, and its time begins when it does.
      .where('runs.phase', '<>', 'queued')
      .where((of) =>
        of.or([
          of('runs.lease_until', 'is', null),
          of('runs.lease_until', '<=', new Date(now.getTime() - requestTimeoutMs)),
        ]),
      )
      .orderBy('teardowns.due_at')
  );
}

function pickRecord({ status, durationMs, resources, blockedBy }: TeardownReceipt): TeardownRecord {
  return { status, durationMs, resources, blockedBy };
}

function asTeardown(row: {
  run_id: string;
  change_id: string;
  environment_name: string;
  state: TeardownState;
  due_at: Date;
  attempts: number;
  receipt: TeardownReceipt | null;
}): Teardown {
  const { state, attempts, receipt } = row;
  return {
    runId: row.run_id,
    changeId: row.change_id,
    environmentName: row.environment_name,
    state,
    dueAt: row.due_at.toISOString(),
    attempts,
    receipt,
  };
}
