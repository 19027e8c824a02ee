import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { databaseAnswers, inTransaction } from './database.ts';
import { log } from './log.ts';

const folder = join(import.meta.dirname, '../migrations');
const lockId = 7_304_221;

/** Applies each file of `migrations/` once, in order, all in one transaction; two at a time wait for each other. */
export async function migrate(database: pg.Pool): Promise<void> {
  await databaseAnswers(database);
  await inTransaction(database, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [lockId]);
    await client.query(
      'create table if not exists schema_migrations (name text primary key, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ name: string }>('select name from schema_migrations');
    const applied = new Set(rows.map((row) => row.name));
    const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
    for (const name of files.filter((file) => !applied.has(file))) {
      await client.query(await readFile(join(folder, name), 'utf8'));
      await client.query('insert into schema_migrations (name) values ($1)', [name]);
      log('migrated', { name });
    }
  });
}
