import { sql } from 'kysely';
import type { Run } from '../run/run.ts';
import { jsonText } from './as-json.ts';
import type { Hold } from './leases.ts';
import { prepared } from './prepared.ts';
import { asStoredRun, type StoredRun } from './run-row.ts';
import type { Tx } from './store.ts';

/**
 * Saves what its player knows: phase, document, base. What others write (their cancel, keep, expiry) is left alone and
 * comes back with the answer. Reaching `done` ends the lease.
 * @returns null when the fence is old: stop at once, somebody else plays this run
 */
export async function saveRun(tx: Tx, run: Run, hold: Hold): Promise<StoredRun | null> {
  const update = run.phase === 'done' ? updateDone : updateGoing;
  const { id, phase, baseSha, cancel } = run;
  const [row] = await update(tx, id, hold.fence, hold.owner, phase, baseSha, jsonText(run.document), cancel, tx.now);
  return row === undefined ? null : asStoredRun(row);
}

const updateGoing = saving(() => ({}));
const updateDone = saving((now) => ({ finished_at: now, lease_owner: null, lease_until: null }));

function saving(more: (now: Date) => { finished_at?: Date; lease_owner?: null; lease_until?: null }) {
  return prepared(
    (
      db,
      id: string,
      fence: number,
      owner: string,
      phase: Run['phase'],
      baseSha: string | null,
      document: string,
      cancel: Run['cancel'],
      now: Date,
    ) =>
      db
        .updateTable('runs')
        .set((of) => ({
          phase,
          base_sha: baseSha,
          document: sql<Run['document']>`${document}::jsonb`,
          updated_at: now,
          // What ended it by its own look is known to whoever decides about the change.
          cancel: of.fn.coalesce('cancel', of.val(cancel)),
          ...more(now),
        }))
        .where('id', '=', id)
        .where('fence', '=', fence)
        .where('lease_owner', '=', owner)
        .returningAll(),
  );
}
