import { type Kysely, sql } from 'kysely';

/** Whoever lets a stranger's commit run has not thereby said that it may go without its gate: two approvals, one commit. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const columns = 'repository, sha, change_id, approved_by, approved_at';

const statements = [
  'alter table greenroom.approvals rename to approvals_of_gates',
  `create table greenroom.approvals (
    repository text not null,
    sha text not null,
    change_id text not null,
    kind text not null,
    approved_by text not null,
    approved_at timestamptz not null,
    primary key (repository, sha, change_id, kind)
  )`,
  // Until now a commit could be approved for its gate alone.
  `insert into greenroom.approvals (${columns}, kind) select ${columns}, 'gate' from greenroom.approvals_of_gates`,
  'drop table greenroom.approvals_of_gates',
];
