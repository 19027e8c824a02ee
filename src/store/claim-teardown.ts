import { sql } from 'kysely';
import { type Hold, leaseMs, releaseRun, renewLease } from './leases.ts';
import { prepared } from './prepared.ts';
import type { Tx } from './store.ts';
import { asTeardown, heldBefore, openTeardowns, type Teardown } from './teardowns.ts';

/** The right to tear one environment down; its fence is the attempt. */
export interface TeardownHold extends Hold {
  /** The right to its run, where that is not done: nobody plays a run whose environment is being taken away. */
  run: Hold | null;
}

/**
 * Takes a due teardown, for the length of a lease.
 * @returns null when it is gone, not due, held by another (or was, so lately that a request of theirs may still land), or its run is played
 */
export async function claimTeardown(
  tx: Tx,
  runId: string,
  owner: string,
): Promise<{ teardown: Teardown; hold: TeardownHold } | null> {
  const row = await openTeardowns(tx.db, heldBefore(tx.now))
    .select('runs.phase')
    .where('teardowns.run_id', '=', runId)
    .where('teardowns.due_at', '<=', tx.now)
    .forUpdate(['teardowns', 'runs'])
    .executeTakeFirst();
  if (row === undefined) return null;
  const until = new Date(tx.now.getTime() + leaseMs);
  const claimed = await tx.db
    .updateTable('teardowns')
    .set((of) => ({ held_by: owner, held_until: until, attempts: of('attempts', '+', 1) }))
    .where('run_id', '=', runId)
    .returningAll()
    .executeTakeFirstOrThrow();
  const run = row.phase === 'done' ? null : await takeRun(tx, runId, owner, until);
  const hold = { runId, owner, fence: claimed.attempts, until: until.toISOString(), run };
  return { teardown: asTeardown(claimed), hold };
}

async function takeRun(tx: Tx, runId: string, owner: string, until: Date): Promise<Hold> {
  const { fence } = await tx.db
    .updateTable('runs')
    .set({ lease_owner: owner, lease_until: until, fence: sql<number>`fence + 1` })
    .where('id', '=', runId)
    .returning('fence')
    .executeTakeFirstOrThrow();
  return { runId, owner, fence: Number(fence), until: until.toISOString() };
}

/** Prolongs it. False when somebody else has it by now: begin nothing any more. */
export async function renewTeardown(tx: Tx, hold: TeardownHold): Promise<boolean> {
  const until = new Date(tx.now.getTime() + leaseMs);
  const prolonged = await prolong(tx, hold.runId, hold.owner, hold.fence, until);
  if (prolonged.length === 0) return false;
  return hold.run === null || (await renewLease(tx, hold.run, tx.now)) !== null;
}

const prolong = prepared((db, runId: string, owner: string, fence: number, until: Date) =>
  db
    .updateTable('teardowns')
    .set({ held_until: until })
    .where('run_id', '=', runId)
    .where('held_by', '=', owner)
    .where('attempts', '=', fence)
    .returning('run_id'),
);

/** Whether it is still ours, and stays so for the rest of the transaction: asked before a receipt is saved. */
export async function holdsTeardown(tx: Tx, hold: TeardownHold): Promise<boolean> {
  const row = await tx.db
    .selectFrom('teardowns')
    .select('run_id')
    .where('run_id', '=', hold.runId)
    .where('held_by', '=', hold.owner)
    .where('attempts', '=', hold.fence)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** Gives back what came with it; `saveReceipt` has given back the teardown itself. */
export async function releaseTeardown(tx: Tx, hold: TeardownHold): Promise<void> {
  if (hold.run !== null) await releaseRun(tx, hold.run);
}
