import { startPostgres } from '../test/store/postgres-server.ts';
import { benchDeliveries } from './deliveries.ts';
import type { Figure } from './figure.ts';
import type { BenchStage } from './stage.ts';

/** 200 deliveries a second for 30 s on loopback, on either database. */
export async function measureDeliveryRate({ signal }: BenchStage): Promise<Figure[]> {
  const pglite = await benchDeliveries({ signal });
  const server = await startPostgres();
  try {
    const postgres = await benchDeliveries({ databaseUrl: await server.freshDatabase(), signal });
    return [...pglite.figures, ...postgres.figures];
  } finally {
    await server.stop();
  }
}
