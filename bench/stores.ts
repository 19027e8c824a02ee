import { join } from 'node:path';
import { silentLog } from '../src/log.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { startPostgres } from '../test/store/postgres-server.ts';
import type { Figure } from './figure.ts';
import type { BenchStage } from './stage.ts';

/** The same measurement on a store of its own in a data folder, and on a PostgreSQL server of its own. */
export async function onBothStores(
  { folder }: BenchStage,
  name: string,
  measure: (store: Store, engine: string) => Promise<Figure[]>,
): Promise<Figure[]> {
  const options = { log: silentLog(), wakeUps: 'none' } as const;
  const embedded = await openStore({ dataDir: join(folder, name) }, options);
  const figures = await measure(embedded, 'PGlite').finally(() => embedded.close());
  const server = await startPostgres();
  try {
    const served = await openStore({ databaseUrl: await server.freshDatabase() }, options);
    return [...figures, ...(await measure(served, 'PostgreSQL').finally(() => served.close()))];
  } finally {
    await server.stop();
  }
}
