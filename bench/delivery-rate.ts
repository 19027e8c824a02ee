import { startPostgres } from '../test/store/postgres-server.ts';
import { benchDeliveries, type DeliveriesOptions } from './deliveries.ts';
import type { Figure } from './figure.ts';
import type { BenchStage } from './stage.ts';

/** 200 deliveries a second for 30 s on loopback, on either database. */
export function measureDeliveryRate(stage: BenchStage): Promise<Figure[]> {
  return onEitherDatabase(stage, {});
}

/** 500 a second for a minute: more than any GitHub sends, and the process stays as it is. */
export function measureDeliveryLoad(stage: BenchStage): Promise<Figure[]> {
  return onEitherDatabase(stage, {
    perSecond: 500,
    seconds: 60,
    mostMs: 100,
    mostHandledSeconds: 120,
    mostGrowthMb: 60,
  });
}

async function onEitherDatabase({ signal }: BenchStage, options: DeliveriesOptions): Promise<Figure[]> {
  const pglite = await benchDeliveries({ ...options, signal });
  const server = await startPostgres();
  try {
    const postgres = await benchDeliveries({ ...options, databaseUrl: await server.freshDatabase(), signal });
    return [...pglite.figures, ...postgres.figures];
  } finally {
    await server.stop();
  }
}
