import type { Run } from '../run/run.ts';
import { asJson } from './as-json.ts';
import type { Hold } from './leases.ts';
import { asStoredRun, type StoredRun } from './run-row.ts';
import type { Tx } from './store.ts';

/**
 * Saves what its player knows: phase, document, base. What others write (their cancel, keep, expiry) is left alone and
 * comes back with the answer. Reaching `done` ends the lease.
 * @returns null when the fence is old: stop at once, somebody else plays this run
 */
export async function saveRun(tx: Tx, run: Run, hold: Hold): Promise<StoredRun | null> {
  const done = run.phase === 'done';
  const row = await tx.db
    .updateTable('runs')
    .set((of) => ({
      phase: run.phase,
      base_sha: run.baseSha,
      document: asJson(run.document),
      updated_at: tx.now,
      // What ended it by its own look is known to whoever decides about the change.
      ...(run.cancel === null ? {} : { cancel: of.fn.coalesce('cancel', of.val(run.cancel)) }),
      ...(done ? { finished_at: tx.now, lease_owner: null, lease_until: null } : {}),
    }))
    .where('id', '=', run.id)
    .where('fence', '=', hold.fence)
    .where('lease_owner', '=', hold.owner)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : asStoredRun(row);
}
