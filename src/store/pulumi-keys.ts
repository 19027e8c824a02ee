import { sql } from 'kysely';
import type { Reader } from './store.ts';
import { pulumiTable, schema } from './tables.ts';

/** Keys of Pulumi's state that begin so. Only its CLI writes there. */
export async function pulumiKeys(reader: Reader, prefix: string): Promise<string[]> {
  const table = sql.table(`${schema}.${pulumiTable}`);
  const { rows } = await sql<{ key: string }>`
    select key from ${table} where starts_with(key, ${prefix}) order by key
  `.execute(reader.db);
  return rows.map((row) => row.key);
}
