import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { leaseMs } from '../../src/store/leases.ts';
import { openStore } from '../../src/store/open-store.ts';
import { describeAdmission } from './admission-behaviour.ts';
import { describeAftermath } from './aftermath-behaviour.ts';
import { describeKept } from './kept-behaviour.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { describeStore } from './store-behaviour.ts';
import type { OpenStage } from './store-stage.ts';
import { describeTeardown } from './teardown-behaviour.ts';

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
  describeTeardown(open);

  test('a session that is frozen in mid-transaction gives its locks back within a lease', async () => {
    const store = await openStore({ databaseUrl: await server.freshDatabase() }, { log: silentLog() });
    const { rows } = await sql<{ ms: number }>`
      select extract(epoch from current_setting('idle_in_transaction_session_timeout')::interval) * 1000 as ms
    `.execute(store.db);
    await store.close();

    expect(Number(rows[0]?.ms)).toBeGreaterThan(0);
    expect(Number(rows[0]?.ms)).toBeLessThan(leaseMs);
  });

  test('a session that the server ends between two statements fails its transaction, and nothing else', async () => {
    const store = await openStore({ databaseUrl: await server.freshDatabase() }, { log: silentLog() });
    const broken = store.transaction(async ({ db }) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(store.db);
      await sleep(500);
      await sql`select 1`.execute(db);
    });

    await expect(broken).rejects.toThrow();
    await expect(sql`select 1`.execute(store.db)).resolves.toBeDefined();
    await store.close();
  });
});
