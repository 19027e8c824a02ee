import { type Kysely, sql } from 'kysely';

/** When somebody else concludes a run; which checks were read again at the forge once nothing could be on its way any more. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table greenroom.runs add column deadline_at timestamptz',
  'alter table greenroom.checks add column verified_at timestamptz',
];
