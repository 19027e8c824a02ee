import { type Kysely, sql } from 'kysely';

/** The first tables. Migrations are SQL on purpose: they must not change when our types do. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table greenroom.deliveries (
    id text primary key,
    forge text not null,
    name text not null,
    event jsonb not null,
    received_at timestamptz not null,
    accepted_at timestamptz not null,
    handled_at timestamptz,
    held_until timestamptz,
    attempts integer not null default 0,
    last_error text
  )`,
  'create index deliveries_unhandled on greenroom.deliveries (accepted_at) where handled_at is null',
  `create table greenroom.comments (
    repository text not null,
    comment_id text not null,
    handled_at timestamptz not null,
    primary key (repository, comment_id)
  )`,
  `create table greenroom.changes (
    id text primary key,
    repository text not null,
    number integer,
    generation integer not null default 0,
    comment_id text,
    head_sha text,
    updated_at timestamptz not null
  )`,
  'create unique index changes_by_number on greenroom.changes (repository, number) where number is not null',
  `create table greenroom.runs (
    id text primary key,
    repository text not null,
    number integer,
    change_id text not null references greenroom.changes (id),
    head_sha text not null,
    base_sha text,
    generation integer not null,
    trigger text not null,
    trusted boolean not null,
    phase text not null,
    cancel text,
    only_suites jsonb,
    keep_until timestamptz,
    expires_at timestamptz not null,
    environment_name text not null unique,
    document jsonb not null,
    superseded_by text,
    lease_owner text,
    lease_until timestamptz,
    fence bigint not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    finished_at timestamptz,
    unique (change_id, generation)
  )`,
  "create index runs_live on greenroom.runs (created_at) where phase <> 'done'",
  'create index runs_newest on greenroom.runs (created_at desc)',
  'create index runs_by_sha on greenroom.runs (repository, head_sha)',
  `create table greenroom.checks (
    repository text not null,
    sha text not null,
    name text not null,
    forge_id text not null,
    change_id text not null,
    run_id text not null,
    generation integer not null,
    conclusion text,
    concluded_at timestamptz,
    primary key (repository, sha, name)
  )`,
  `create table greenroom.teardowns (
    run_id text primary key references greenroom.runs (id) on delete cascade,
    change_id text not null,
    environment_name text not null,
    state text not null,
    due_at timestamptz not null,
    attempts integer not null default 0,
    held_by text,
    held_until timestamptz,
    receipt jsonb,
    updated_at timestamptz not null
  )`,
  "create index teardowns_due on greenroom.teardowns (due_at) where state <> 'gone'",
  `create table greenroom.run_log (
    seq bigint generated always as identity primary key,
    run_id text not null references greenroom.runs (id) on delete cascade,
    at timestamptz not null,
    source text not null,
    line text not null
  )`,
  'create index run_log_by_run on greenroom.run_log (run_id, seq)',
  `create table greenroom.approvals (
    repository text not null,
    sha text not null,
    change_id text not null,
    approved_by text not null,
    approved_at timestamptz not null,
    primary key (repository, sha, change_id)
  )`,
];
