import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/log.ts';
import type { Reader } from '../../../src/store/store.ts';
import { openEmbeddedStore } from '../../store/embedded-store.ts';
import { SimulatedDatabase } from './simulated-database.ts';

interface Shape {
  columns: string[];
  /** Unique ones and primary keys among them; with their order and condition. */
  indexes: string[];
  foreignKeys: string[];
}

test('the migrations make the same tables for simulations as on PGlite', async () => {
  const pglite = await openEmbeddedStore({ log: silentLog(), wakeUps: 'none' });
  const { store } = await new SimulatedDatabase().replica({ clock: () => new Date() });

  const wanted = await shapesOfPglite(pglite);
  const made = await shapesOfSqlite(store);

  expect(Object.keys(wanted)).toContain('runs');
  expect(made).toEqual(wanted);
  await pglite.close();
});

/** Kysely's own two tables are its business. */
const ours = sql`not like 'kysely_%'`;

async function shapesOfPglite(reader: Reader): Promise<Record<string, Shape>> {
  const columns = await query(
    reader,
    sql`select table_name as "table", column_name as name, data_type as type, is_nullable = 'NO' as "notNull",
      column_default is not null or is_identity = 'YES' as "hasDefault"
      from information_schema.columns where table_schema = 'greenroom' and table_name ${ours}`,
  );
  const indexes = await query(
    reader,
    sql`select t.relname as "table", i.indisunique as "unique", i.indisprimary as "primary",
      (select string_agg(pg_get_indexdef(i.indexrelid, n, true) || case when i.indoption[n - 1] & 1 = 1 then ' desc' else '' end, ', ' order by n)
        from generate_series(1, i.indnkeyatts) as n) as columns,
      pg_get_expr(i.indpred, i.indrelid) as condition
      from pg_index i join pg_class t on t.oid = i.indrelid join pg_namespace s on s.oid = t.relnamespace
      where s.nspname = 'greenroom' and t.relname ${ours}`,
  );
  const foreignKeys = await query(
    reader,
    sql`select t.relname as "table", pg_get_constraintdef(c.oid) as definition
      from pg_constraint c join pg_class t on t.oid = c.conrelid
      where c.contype = 'f' and c.connamespace = 'greenroom'::regnamespace`,
  );
  const checks = await query(
    reader,
    sql`select conname as "table" from pg_constraint
      where contype in ('c', 'x') and connamespace = 'greenroom'::regnamespace`,
  );
  // These would have to be compared as well.
  expect(checks).toEqual([]);
  return shapes(columns, indexes, foreignKeys);
}

async function shapesOfSqlite(reader: Reader): Promise<Record<string, Shape>> {
  const tables = sql`sqlite_master t where t.type = 'table' and t.name ${ours} and t.name <> 'sqlite_sequence'`;
  const columns = await query(
    reader,
    sql`select t.name as "table", c.name, c.type, c."notnull" as "notNull",
      c.dflt_value is not null or t.sql like '%autoincrement%' and c.pk = 1 as "hasDefault"
      from pragma_table_info(t.name) c, ${tables}`,
  );
  const indexes = await query(
    reader,
    sql`select t.name as "table", i."unique", i.origin = 'pk' as "primary",
      (select group_concat(x.name || case when x."desc" then ' desc' else '' end, ', ')
        from (select * from pragma_index_xinfo(i.name) where key order by seqno) x) as columns,
      (select substr(m.sql, instr(m.sql, ' where ') + 7) from sqlite_master m
        where m.name = i.name and m.sql like '% where %') as condition
      from pragma_index_list(t.name) i, ${tables}
      union all
      select t.name, true, true, c.name, null from pragma_table_info(t.name) c, ${tables}
        and c.pk = 1 and t.sql like '%autoincrement%'`,
  );
  const foreignKeys = await query(
    reader,
    sql`select t.name as "table", 'FOREIGN KEY (' || f."from" || ') REFERENCES ' || f."table" || '(' || f."to" || ')' ||
      case f.on_delete when 'NO ACTION' then '' else ' ON DELETE ' || f.on_delete end as definition
      from pragma_foreign_key_list(t.name) f, ${tables}`,
  );
  return shapes(columns, indexes, foreignKeys);
}

type Row = Record<string, unknown>;

async function query(reader: Reader, text: ReturnType<typeof sql>): Promise<Row[]> {
  return (await text.execute(reader.db)).rows as Row[];
}

const sameTypes: Readonly<Record<string, string>> = { 'timestamp with time zone': 'timestamptz', int: 'integer' };

function shapes(columns: Row[], indexes: Row[], foreignKeys: Row[]): Record<string, Shape> {
  const all: Record<string, Shape> = {};
  for (const table of new Set(columns.map((row) => String(row.table))).values()) {
    const here = (rows: Row[]) => rows.filter((row) => row.table === table);
    all[table] = {
      columns: here(columns).map(describeColumn).sort(),
      indexes: here(indexes).map(describeIndex).sort(),
      foreignKeys: here(foreignKeys)
        .map((row) => plain(row.definition))
        .sort(),
    };
  }
  return all;
}

function describeColumn(row: Row): string {
  const type = String(row.type).toLowerCase();
  // A number that counts itself is an integer there and a bigint here.
  const counts = row.name === 'seq' && ['integer', 'bigint'].includes(type);
  const rest = `${row.notNull ? ' not null' : ''}${row.hasDefault ? ' default' : ''}`;
  return `${row.name} ${counts ? 'number' : (sameTypes[type] ?? type)}${rest}`;
}

function describeIndex(row: Row): string {
  const kind = row.primary ? 'primary ' : row.unique ? 'unique ' : '';
  return `${kind}(${row.columns})${row.condition === null ? '' : ` where ${plain(row.condition)}`}`;
}

/** Without the parentheses, casts and schema that PostgreSQL adds to what it was told. */
function plain(text: unknown): string {
  const words = String(text)
    .replaceAll('::text', '')
    .replaceAll('greenroom.', '')
    .replace(/^\((.*)\)$/, '$1');
  return words.replace(/^FOREIGN KEY/, 'foreign key').toLowerCase();
}
