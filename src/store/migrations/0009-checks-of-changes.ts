import { type Kysely, sql } from 'kysely';

/** Each change has its own word on a commit: what another one says there does not hide what was said of this one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const columns = 'repository, sha, name, forge_id, change_id, run_id, generation, conclusion, verify_at';

const statements = [
  'drop index greenroom.checks_to_verify',
  'alter table greenroom.checks rename to checks_of_commits',
  `create table greenroom.checks (
    repository text not null,
    sha text not null,
    name text not null,
    forge_id text not null,
    change_id text not null,
    run_id text not null,
    generation integer not null,
    conclusion text,
    verify_at timestamptz,
    primary key (repository, sha, name, change_id)
  )`,
  `insert into greenroom.checks (${columns}) select ${columns} from greenroom.checks_of_commits`,
  'drop table greenroom.checks_of_commits',
  'create index checks_to_verify on greenroom.checks (verify_at) where verify_at is not null',
  'create index checks_by_run on greenroom.checks (run_id)',
];
