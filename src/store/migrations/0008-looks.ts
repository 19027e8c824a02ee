import { type Kysely, sql } from 'kysely';

/** When checks are read again at the forge: a while after they were written, and whenever a change leaves a commit that others share. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table greenroom.checks add column verify_at timestamptz',
  'update greenroom.checks set verify_at = concluded_at where verified_at is null',
  'drop index greenroom.checks_unverified',
  'alter table greenroom.checks drop column verified_at',
  'alter table greenroom.checks drop column concluded_at',
  'create index checks_to_verify on greenroom.checks (verify_at) where verify_at is not null',
];
