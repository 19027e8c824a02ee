import { type Kysely, sql } from 'kysely';

/** Room in the cluster, reserved from a run's admission to its receipt; what reconciling must know of a change and a run. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table greenroom.changes add column closed boolean not null default false',
  'alter table greenroom.changes add column draft boolean',
  'alter table greenroom.changes add column base_ref text',
  "alter table greenroom.runs add column author text not null default ''",
  'alter table greenroom.runs add column lane integer not null default 1',
  'alter table greenroom.runs add column demand jsonb',
  'alter table greenroom.runs add column admitted_at timestamptz',
  "create index runs_waiting on greenroom.runs (created_at) where phase = 'queued'",
  // One row: whoever admits holds it, so that two replicas never give the same room away.
  'create table greenroom.admission (id integer primary key, decided_at timestamptz, places jsonb not null)',
  "insert into greenroom.admission (id, places) values (1, '[]')",
];
