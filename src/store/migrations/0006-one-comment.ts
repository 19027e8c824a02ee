import { type Kysely, sql } from 'kysely';

/** Until when one replica alone may make a change's comment. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table greenroom.changes add column comment_claimed_until timestamptz').execute(db);
}
