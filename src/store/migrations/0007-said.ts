import { type Kysely, sql } from 'kysely';

/** What a change's comment said last, for the watchdog; and whose turn it is at what one replica alone may do. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table greenroom.changes add column comment_generation integer',
  'alter table greenroom.changes add column comment_said text',
  'create table greenroom.turns (name text primary key, owner text not null, held_until timestamptz not null)',
];
