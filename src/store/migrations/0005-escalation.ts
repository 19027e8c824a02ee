import { type Kysely, sql } from 'kysely';

/** Teardowns that do not come to their end, and environments that are kept beyond their run's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table greenroom.teardowns add column blocked_since timestamptz',
  'alter table greenroom.teardowns add column strip_finalizers boolean not null default false',
  'alter table greenroom.runs add column keep_ms bigint',
  'alter table greenroom.runs add column active_at timestamptz',
];
