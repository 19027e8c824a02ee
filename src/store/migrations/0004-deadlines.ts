import { type Kysely, sql } from 'kysely';

/**
 * When somebody else concludes a run; which checks were read again at the forge once nothing could be on its way any more;
 * what keeps a decision on room from reading every run that ever was.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table greenroom.runs add column deadline_at timestamptz',
  'alter table greenroom.checks add column verified_at timestamptz',
  "create index runs_finished on greenroom.runs (finished_at) where phase = 'done'",
  'create index checks_unverified on greenroom.checks (concluded_at) where verified_at is null',
];
