import type { Delivery } from '../event/event.ts';
import { asJson, storableText } from './as-json.ts';
import { prepared } from './prepared.ts';
import type { Reader, Store, Tx } from './store.ts';

/** Writes one delivery down, with its wake-up; once this returns, it is safe. See `deliveryIntake` for many. */
export async function acceptDelivery(store: Store, delivery: Delivery): Promise<'new' | 'known'> {
  return await store.transaction(async (tx) => {
    const fresh = await insertDeliveries(tx, [delivery]);
    if (fresh.size === 0) return 'known';
    await tx.wake('deliveries', delivery.id);
    return 'new';
  });
}

/** Writes deliveries down. @returns the ids that were not there before */
export async function insertDeliveries(tx: Tx, deliveries: readonly Delivery[]): Promise<Set<string>> {
  const rows = deliveries.map((delivery) => ({
    id: delivery.id,
    forge: delivery.forge,
    name: delivery.name,
    event: asJson(delivery.event),
    received_at: new Date(delivery.receivedAt),
    accepted_at: tx.now,
    handled_at: null,
    held_until: null,
    last_error: null,
  }));
  const inserted = await tx.db
    .insertInto('deliveries')
    .values(rows)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .execute();
  return new Set(inserted.map((row) => row.id));
}

/**
 * Takes a delivery to handle it, for `holdMs`; whoever dies meanwhile leaves it to the next poll.
 * @returns null when it is handled, held by another or unknown
 */
export async function claimDelivery(
  tx: Tx,
  id: string,
  holdMs: number,
): Promise<(Delivery & { attempts: number; refusals: number }) | null> {
  const [row] = await takeDelivery(tx, id, new Date(tx.now.getTime() + holdMs), tx.now);
  if (row === undefined) return null;
  const { forge, name, event, attempts, refusals } = row;
  return { id, forge, name, event, attempts, refusals, receivedAt: row.received_at.toISOString() };
}

const takeDelivery = prepared((db, id: string, until: Date, now: Date) =>
  db
    .updateTable('deliveries')
    .set((of) => ({ held_until: until, attempts: of('attempts', '+', 1) }))
    .where('id', '=', id)
    .where('handled_at', 'is', null)
    .where((of) => of.or([of('held_until', 'is', null), of('held_until', '<=', now)]))
    .returningAll(),
);

/**
 * Marks it handled: in the transaction that writes what follows from it, so that it has its effect exactly once.
 * @returns false when somebody else did so first: then roll back
 */
export async function finishDelivery(tx: Tx, id: string): Promise<boolean> {
  return (await endDelivery(tx, id, tx.now)).length > 0;
}

const endDelivery = prepared((db, id: string, now: Date) =>
  db
    .updateTable('deliveries')
    .set({ handled_at: now, held_until: null, last_error: null })
    .where('id', '=', id)
    .where('handled_at', 'is', null)
    .returning('id'),
);

/** Puts it back until `retryAt`, with the reason, and whether that was a refusal of the forge. */
export async function postponeDelivery(
  tx: Tx,
  id: string,
  { retryAt, reason, isRefusal }: { retryAt: Date; reason: string; isRefusal: boolean },
): Promise<void> {
  await tx.db
    .updateTable('deliveries')
    .set((of) => ({
      held_until: retryAt,
      last_error: storableText(reason),
      refusals: of('refusals', '+', isRefusal ? 1 : 0),
    }))
    .where('id', '=', id)
    .where('handled_at', 'is', null)
    .execute();
  await tx.wake('deliveries', id, retryAt);
}

const askedAtOnce = 500;

/** Which of these ids were accepted. */
export async function acceptedAmong(reader: Reader, ids: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (let at = 0; at < ids.length; at += askedAtOnce) {
    const some = ids.slice(at, at + askedAtOnce);
    const rows = await reader.db.selectFrom('deliveries').select('id').where('id', 'in', some).execute();
    for (const { id } of rows) found.add(id);
  }
  return found;
}

/** Ids of accepted deliveries that nobody handles now, oldest first. */
export async function unhandledDeliveries(reader: Reader, now: Date, limit = 100): Promise<string[]> {
  return (await selectUnhandled(reader, now, limit)).map((row) => row.id);
}

const selectUnhandled = prepared((db, now: Date, limit: number) =>
  db
    .selectFrom('deliveries')
    .select('id')
    .where('handled_at', 'is', null)
    .where((of) => of.or([of('held_until', 'is', null), of('held_until', '<=', now)]))
    .orderBy('accepted_at')
    .limit(limit),
);

/**
 * Claims a comment for its command: a command is done once per comment id, whatever the delivery's id says.
 * In the transaction that writes what follows from it.
 */
export async function claimComment(tx: Tx, repository: string, commentId: string): Promise<boolean> {
  const inserted = await tx.db
    .insertInto('comments')
    .values({ repository, comment_id: commentId, handled_at: tx.now })
    .onConflict((conflict) => conflict.doNothing())
    .returning('comment_id')
    .executeTakeFirst();
  return inserted !== undefined;
}
