import { afterAll, beforeAll, describe } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { describeStore } from './store-behaviour.ts';

describe('the store on PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server?.stop();
  });

  describeStore(async (clock) => openStore({ databaseUrl: await server.freshDatabase() }, { log: silentLog(), clock }));
});
