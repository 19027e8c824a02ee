import type { Tx } from './store.ts';

/** Takes the turn at what one replica alone may do at a time, for so long at most. False while it is another's. */
export async function claimTurn(tx: Tx, name: string, owner: string, forMs: number): Promise<boolean> {
  const values = { owner, held_until: new Date(tx.now.getTime() + forMs) };
  const row = await tx.db
    .insertInto('turns')
    .values({ name, ...values })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet(values)
        .where((of) => of.or([of('turns.held_until', '<=', tx.now), of('turns.owner', '=', owner)])),
    )
    .returning('name')
    .executeTakeFirst();
  return row !== undefined;
}

export async function endTurn(tx: Tx, name: string, owner: string): Promise<void> {
  await tx.db
    .updateTable('turns')
    .set({ held_until: tx.now })
    .where('name', '=', name)
    .where('owner', '=', owner)
    .execute();
}
