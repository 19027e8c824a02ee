import { setTimeout as sleep } from 'node:timers/promises';
import type { CancelReason } from '../run/run.ts';
import { asStoredRun, type StoredRun } from './run-row.ts';
import type { Store, Tx } from './store.ts';
import { endKept } from './teardowns.ts';
import { word } from './word.ts';

/**
 * Asks a run to end, and takes back that its environment be kept. The first reason stays; the player sees it with its next renewal or through `watchCancel`, a run
 * that nobody plays is claimed and ended by whoever is woken.
 * @returns the run, or null when it is done or unknown
 */
export async function requestCancel(tx: Tx, runId: string, reason: CancelReason): Promise<StoredRun | null> {
  const row = await tx.db
    .updateTable('runs')
    .set((of) => ({ cancel: of.fn.coalesce('cancel', of.val(reason)), keep_until: null, updated_at: tx.now }))
    .where('id', '=', runId)
    .where('phase', '<>', word('done'))
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return null;
  await endKept(tx, runId);
  await tx.wake('runs', runId);
  return asStoredRun(row);
}

/**
 * Resolves with the reason once somebody asks the run to end, or with null when it is done. Looks every `everyMs`:
 * one row by its key, so that neither a replica nor a lost notification can hide it.
 */
export async function watchCancel(
  store: Store,
  runId: string,
  signal: AbortSignal,
  everyMs = 1_000,
): Promise<CancelReason | null> {
  for (;;) {
    const row = await store.db
      .selectFrom('runs')
      .select(['cancel', 'phase'])
      .where('id', '=', runId)
      .executeTakeFirst();
    if (row === undefined || row.phase === 'done') return row?.cancel ?? null;
    if (row.cancel !== null) return row.cancel;
    await sleep(everyMs, undefined, { signal });
  }
}
