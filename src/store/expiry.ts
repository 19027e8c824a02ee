import { lifetimeOf } from '../run/lifetime.ts';
import type { Tx } from './store.ts';
import { word } from './word.ts';

/**
 * Moves the instant at which a run's environment goes at the latest, and its teardown with it: so long from now, as far as the
 * operator allows; one that is kept stays at least as long as that.
 * @returns when that is
 */
export async function setExpiry(
  tx: Tx,
  runId: string,
  { forMs, mostMs }: { forMs: number; mostMs: number },
): Promise<Date> {
  const run = await tx.db
    .selectFrom('runs')
    .select(['admitted_at', 'keep_until'])
    .where('id', '=', runId)
    .forUpdate()
    .executeTakeFirst();
  const bornAt = run?.admitted_at?.getTime() ?? null;
  const life = lifetimeOf({ activeAt: tx.now.getTime(), forMs, bornAt, mostMs });
  const at = new Date(Math.max(life.until, run?.keep_until?.getTime() ?? 0));
  await tx.db.updateTable('runs').set({ expires_at: at, updated_at: tx.now }).where('id', '=', runId).execute();
  await tx.db
    .updateTable('teardowns')
    .set({ due_at: at, updated_at: tx.now })
    .where('run_id', '=', runId)
    .where('state', '=', word('promised'))
    .execute();
  await tx.wake('teardowns', runId, at);
  return at;
}
