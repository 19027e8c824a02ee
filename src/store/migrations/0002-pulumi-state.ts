import { type Kysely, sql } from 'kysely';

/**
 * Pulumi's table, word by word as its CLI makes it when it is missing. Made here, because two CLIs that make it at the same
 * time fail (PostgreSQL's IF NOT EXISTS is no lock). And what its passphrase is kept in.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table if not exists greenroom.pulumi_state (
    key text primary key,
    data json not null,
    updated_at timestamp with time zone not null default now()
  )`,
  'create index if not exists pulumi_state_key_prefix_idx on greenroom.pulumi_state (key text_pattern_ops)',
  `create table greenroom.shared_secrets (
    name text primary key,
    value text not null,
    made_at timestamptz not null
  )`,
];
