import { type Kysely, sql } from 'kysely';

/** Entries of a merge queue have no number: they are known by their branch. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table greenroom.changes add column queue_ref text',
  'alter table greenroom.runs add column queue_ref text',
];
