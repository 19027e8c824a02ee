import { afterAll, beforeAll, describe } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { describeAdmission } from './admission-behaviour.ts';
import { describeAftermath } from './aftermath-behaviour.ts';
import { describeKept } from './kept-behaviour.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { describeStore } from './store-behaviour.ts';
import type { OpenStage } from './store-stage.ts';

describe('the store on PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server?.stop();
  });

  const open: OpenStage = async (clock) =>
    openStore({ databaseUrl: await server.freshDatabase() }, { log: silentLog(), clock });
  describeStore(open);
  describeAftermath(open);
  describeAdmission(open);
  describeKept(open);
});
