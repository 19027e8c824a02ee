import { type ExpressionBuilder, sql } from 'kysely';
import type { CancelReason } from '../run/run.ts';
import { prepared } from './prepared.ts';
import { asStoredRun, type StoredRun } from './run-row.ts';
import type { Reader, Tx } from './store.ts';
import type { Tables } from './tables.ts';
import { word } from './word.ts';

/** Until a run's own time-outs are known: to read its files and find out what it asks of the cluster. */
export const firstDeadlineMs = 10 * 60_000;
/** DESIGN, "State": a lease lasts 15 s and is renewed; an outside request has a time-out of 10 s at most. */
export const leaseMs = 15_000;
export const requestTimeoutMs = 10_000;

/** The right to play a run. Every write carries its fence; a later claim makes an earlier fence worthless. */
export interface Hold {
  runId: string;
  owner: string;
  fence: number;
  /** ISO, on the store's clock. */
  until: string;
}

/**
 * Takes a run that nobody plays: never claimed, given back, or left by an owner whose lease and whose last request's
 * time-out are over (a frozen one may still have a request on its way until then).
 * @returns null when the run is done, unknown, played by another or waiting for room
 */
export async function claimRun(tx: Tx, runId: string, owner: string): Promise<{ run: StoredRun; hold: Hold } | null> {
  const until = new Date(tx.now.getTime() + leaseMs);
  const free = new Date(tx.now.getTime() - requestTimeoutMs);
  const deadline = new Date(tx.now.getTime() + firstDeadlineMs);
  const [row] = await takeLease(tx, runId, owner, until, free, deadline);
  if (row === undefined) return null;
  const hold = { runId, owner, fence: Number(row.fence), until: until.toISOString() };
  return { run: asStoredRun(row), hold };
}

const takeLease = prepared((db, runId: string, owner: string, until: Date, free: Date, deadline: Date) =>
  db
    .updateTable('runs')
    .set((of) => ({
      lease_owner: owner,
      lease_until: until,
      fence: sql<number>`fence + 1`,
      deadline_at: of.fn.coalesce('deadline_at', of.val(deadline)),
    }))
    .where('id', '=', runId)
    .where('phase', '<>', word('done'))
    .where((of) => of.or([of('lease_until', 'is', null), of('lease_until', '<=', free)]))
    .where(mayBePlayed)
    .returningAll(),
);

/** A run that waits for room is nobody's before its turn, except to be ended. */
function mayBePlayed(of: ExpressionBuilder<Tables, 'runs'>) {
  return of.or([
    of('phase', '<>', word('queued')),
    of('demand', 'is', null),
    of('admitted_at', 'is not', null),
    of('cancel', 'is not', null),
  ]);
}

export interface Renewed {
  hold: Hold;
  cancel: CancelReason | null;
}

/**
 * Prolongs the lease, in one statement. With the answer comes what others asked of the run meanwhile.
 * @returns null when the fence is old: stop at once, somebody else plays this run
 */
export async function renewLease(reader: Reader, hold: Hold, now: Date): Promise<Renewed | null> {
  const until = new Date(now.getTime() + leaseMs);
  const [row] = await updateLease(reader, hold.runId, hold.owner, hold.fence, until);
  if (row === undefined) return null;
  return {
    hold: { ...hold, until: until.toISOString() },
    cancel: row.cancel,
  };
}

const updateLease = prepared((db, runId: string, owner: string, fence: number, until: Date) =>
  db
    .updateTable('runs')
    .set({ lease_until: until })
    .where('id', '=', runId)
    .where('fence', '=', fence)
    .where('lease_owner', '=', owner)
    .returning('cancel'),
);

/** Gives a run back, so that the next owner need not wait for the lease to end (drain); an old fence changes nothing. */
export async function releaseRun(tx: Tx, hold: Hold): Promise<void> {
  const released = await tx.db
    .updateTable('runs')
    .set({ lease_owner: null, lease_until: null })
    .where('id', '=', hold.runId)
    .where('fence', '=', hold.fence)
    .where('lease_owner', '=', hold.owner)
    .where('phase', '<>', word('done'))
    .returning('id')
    .executeTakeFirst();
  if (released !== undefined) await tx.wake('runs', hold.runId);
}

/** Ids of runs that are not done and that nobody plays, oldest first. */
export async function claimableRuns(reader: Reader, now: Date, limit = 100): Promise<string[]> {
  return (await selectClaimable(reader, new Date(now.getTime() - requestTimeoutMs), limit)).map((row) => row.id);
}

const selectClaimable = prepared((db, free: Date, limit: number) =>
  db
    .selectFrom('runs')
    .select('id')
    .where('phase', '<>', word('done'))
    .where((of) => of.or([of('lease_until', 'is', null), of('lease_until', '<=', free)]))
    .where(mayBePlayed)
    .orderBy('created_at')
    .limit(limit),
);
