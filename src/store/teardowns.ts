import { type Kysely, type Selectable, sql } from 'kysely';
import { TeardownRecord } from '../verdict/verdict-document.ts';
import { asJson } from './as-json.ts';
import { requestTimeoutMs } from './leases.ts';
import { prepared } from './prepared.ts';
import type { Reader, Tx } from './store.ts';
import type { Tables, TeardownReceipt, TeardownState, TeardownTable } from './tables.ts';
import { word } from './word.ts';

/** The promise to tear one environment down. */
export interface Teardown {
  runId: string;
  changeId: string;
  environmentName: string;
  state: TeardownState;
  dueAt: string;
  /** Those that have ended, and the one under way. */
  attempts: number;
  underWay: boolean;
  /** Since when no attempt has had an end that says gone; null before the first that failed. */
  blockedSince: string | null;
  /** An operator wants finalizers stripped that nobody else takes away. */
  stripFinalizers: boolean;
  receipt: TeardownReceipt | null;
}

/**
 * Teardowns whose time has come, oldest first, except those of runs that somebody still plays: a player tears its own
 * environment down, and an environment must not go while somebody still creates in it.
 */
export async function dueTeardowns(reader: Reader, now: Date, limit = 100): Promise<Teardown[]> {
  return (await selectDue(reader, now, heldBefore(now), limit)).map(asTeardown);
}

const selectDue = prepared((db, now: Date, free: Date, limit: number) =>
  openTeardowns(db, free).where('teardowns.due_at', '<=', now).limit(limit),
);

/** Makes a teardown due now, such as after a close or a command. False when it is gone or unknown. */
export async function hastenTeardown(tx: Tx, runId: string): Promise<boolean> {
  const row = await tx.db
    .updateTable('teardowns')
    .set({ due_at: tx.now, updated_at: tx.now })
    .where('run_id', '=', runId)
    .where('state', '<>', word('gone'))
    .returning('run_id')
    .executeTakeFirst();
  if (row === undefined) return false;
  await tx.db.updateTable('runs').set({ keep_until: null, expires_at: tx.now }).where('id', '=', runId).execute();
  await tx.wake('teardowns', runId);
  return true;
}

/** The operator's explicit wish, and nobody else's: the next attempt may strip finalizers. False when it is gone or unknown. */
export async function allowStripping(tx: Tx, runId: string): Promise<boolean> {
  const row = await tx.db
    .updateTable('teardowns')
    .set({ strip_finalizers: true, updated_at: tx.now })
    .where('run_id', '=', runId)
    .where('state', '<>', word('gone'))
    .returning('run_id')
    .executeTakeFirst();
  return row !== undefined;
}

/** An environment that was kept has nobody left who wants it: it goes at once. */
export async function endKept(tx: Tx, runId: string): Promise<void> {
  await tx.db
    .updateTable('teardowns')
    .set({ due_at: tx.now, updated_at: tx.now })
    .where('run_id', '=', runId)
    .where('state', '=', word('kept'))
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
    .where('state', '=', word('gone'))
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
    .set((of) => ({
      state: next.state,
      due_at: next.dueAt,
      held_by: null,
      held_until: null,
      blocked_since: next.state === 'blocked' ? of.fn.coalesce('blocked_since', of.val(tx.now)) : null,
      updated_at: tx.now,
    }))
    .where('run_id', '=', runId)
    .execute();
  // Room comes back with the receipt.
  if (next.state === 'gone') await tx.wake('admission', runId);
  else await tx.wake('teardowns', runId, next.dueAt);
}

/**
 * Saves the receipt with the teardown and in the run's document. `gone` is the last word; anything else is tried
 * again at `retryAt`. Only for whoever holds the run or the teardown, in the transaction that made sure of it.
 */
export async function saveReceipt(tx: Tx, runId: string, receipt: TeardownReceipt, retryAt: Date): Promise<void> {
  await tx.db
    .updateTable('teardowns')
    .set({
      receipt: asJson(receipt),
      strip_finalizers: false,
      // A player's own attempt was not claimed, and counts here.
      attempts: sql<number>`attempts + case when held_by is null then 1 else 0 end`,
    })
    .where('run_id', '=', runId)
    .execute();
  // The run's document has what a reader looks for; the rest stands in the receipt alone.
  const record = TeardownRecord.parse(receipt);
  await tx.db
    .updateTable('runs')
    .set({ document: sql`jsonb_set(document, '{teardown}', ${asJson(record)})`, updated_at: tx.now })
    .where('id', '=', runId)
    .execute();
  const state = receipt.status === 'pending' ? 'promised' : receipt.status;
  await recordTeardown(tx, runId, { state, dueAt: state === 'gone' ? tx.now : retryAt });
}

/** Those of these runs whose teardown our rows know, whatever it has come to. */
export async function runsWithTeardown(reader: Reader, runIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (runIds.length === 0) return new Set();
  const rows = await reader.db.selectFrom('teardowns').select('run_id').where('run_id', 'in', runIds).execute();
  return new Set(rows.map((row) => row.run_id));
}

/** Ids of a change's runs whose teardown something blocks. */
export async function blockedRuns(reader: Reader, changeId: string): Promise<string[]> {
  const rows = await reader.db
    .selectFrom('teardowns')
    .select('run_id')
    .where('change_id', '=', changeId)
    .where('state', '=', word('blocked'))
    .orderBy('run_id')
    .execute();
  return rows.map((row) => row.run_id);
}

/** Names of the environments without a receipt that says gone. */
export async function environmentsToTearDown(reader: Reader): Promise<ReadonlySet<string>> {
  const rows = await reader.db
    .selectFrom('teardowns')
    .select('environment_name')
    .where('state', '<>', word('gone'))
    .execute();
  return new Set(rows.map((row) => row.environment_name));
}

export async function teardownOf(reader: Reader, runId: string): Promise<Teardown | null> {
  const row = await reader.db.selectFrom('teardowns').selectAll().where('run_id', '=', runId).executeTakeFirst();
  return row === undefined ? null : asTeardown(row);
}

/** Of what was held until this instant at the latest, no request can still be under way. */
export function heldBefore(now: Date): Date {
  return new Date(now.getTime() - requestTimeoutMs);
}

/** Those that nobody is at, and that nobody was at who may still have a request under way. @param free as `heldBefore` says */
export function openTeardowns(db: Kysely<Tables>, free: Date) {
  return (
    db
      .selectFrom('teardowns')
      .innerJoin('runs', 'runs.id', 'teardowns.run_id')
      .selectAll('teardowns')
      .where('teardowns.state', '<>', word('gone'))
      // What waits for its turn has created nothing, and its time begins when it does.
      .where('runs.phase', '<>', word('queued'))
      .where((of) => of.or([of('runs.lease_until', 'is', null), of('runs.lease_until', '<=', free)]))
      .where((of) => of.or([of('held_until', 'is', null), of('held_until', '<=', free)]))
      .orderBy('teardowns.due_at')
  );
}

export function asTeardown(row: Selectable<TeardownTable>): Teardown {
  const { state, attempts, receipt } = row;
  return {
    runId: row.run_id,
    changeId: row.change_id,
    environmentName: row.environment_name,
    state,
    dueAt: row.due_at.toISOString(),
    attempts,
    underWay: row.held_by !== null,
    blockedSince: row.blocked_since?.toISOString() ?? null,
    stripFinalizers: row.strip_finalizers,
    receipt,
  };
}
