import { type Kysely, sql } from 'kysely';

/** A run's environment may be shown as a deployment at the forge: its id there, and how it was said to stand last. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table greenroom.runs add column deployment_id text',
  'alter table greenroom.runs add column deployment_state text',
];
