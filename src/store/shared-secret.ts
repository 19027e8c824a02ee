import { randomBytes } from 'node:crypto';
import type { Store } from './store.ts';

/** A secret that all replicas of this store share: made by the first that asks for it, and never changed. */
export async function sharedSecret(store: Store, name: string): Promise<string> {
  const value = randomBytes(32).toString('base64url');
  return await store.transaction(async ({ db, now }) => {
    await db
      .insertInto('shared_secrets')
      .values({ name, value, made_at: now })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
    const kept = await db
      .selectFrom('shared_secrets')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    return kept.value;
  });
}
