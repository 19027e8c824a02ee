import { join } from 'node:path';
import pg from 'pg';
import { postgresBackend } from '../../src/environment/pulumi-backend.ts';
import type { PulumiAccess } from '../../src/environment/pulumi-operations.ts';
import { silentLog } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { sharedSecret } from '../../src/store/shared-secret.ts';
import { pulumiTable, schema } from '../../src/store/tables.ts';

/** What a replica with this data folder and this database works with: nothing else is handed from one to the other. */
export async function aReplica(root: string, dataDir: string, databaseUrl: string): Promise<PulumiAccess> {
  const store = await openStore({ databaseUrl }, { log: silentLog(), wakeUps: 'none' });
  try {
    return {
      root,
      stateDir: join(dataDir, 'operations'),
      backend: await postgresBackend({ databaseUrl, schema, table: pulumiTable, folder: dataDir, passwordFile: null }),
      passphrase: await sharedSecret(store, 'pulumi-passphrase'),
    };
  } finally {
    await store.close();
  }
}

/** Keys of Pulumi's rows. */
export async function stateKeys(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ key: string }>(`select key from ${schema}.${pulumiTable} order by key`);
    return rows.map((row) => row.key);
  } finally {
    await client.end();
  }
}
