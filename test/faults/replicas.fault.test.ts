import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pulumiTable, schema } from '../../src/store/tables.ts';
import { type PostgresServer, startPostgres } from '../store/postgres-server.ts';
import { type Census, expectCensus, firstCensus } from './census.ts';
import { everyVariant } from './every-variant.ts';
import type { FaultChange } from './fault-change.ts';
import { FaultStand } from './fault-stand.ts';
import type { ServeProcess } from './serve-process.ts';
import { until } from './until.ts';

let postgres: PostgresServer;
let databaseUrl: string;
let stand: FaultStand;
let before: Census;

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.freshDatabase();
  stand = await FaultStand.open({ replicas: 3, env: { DATABASE_URL: databaseUrl } });
  before = await firstCensus(stand, stackRows);
});

afterAll(async () => {
  await stand?.close();
  await postgres?.stop();
});

describe('three replicas on one PostgreSQL', () => {
  test('see it restarted while suites run: nothing is lost, each change has one conclusion', async () => {
    const changes = [await stand.openChange({ loadSeconds: 6 }), await stand.openChange({ startMs: 3_000 })];
    await changes[0]?.reaches('testing');
    await postgres.restart();

    for (const change of changes) {
      const ended = await change.ends();
      expect(ended, ended.story).toMatchObject({ conclusion: 'success', final: 1, comments: 1 });
    }
    await expectCensus(stand, before, stackRows);
    stand.github.assertClean();
  });

  test.runIf(everyVariant)(
    'take over from one that is frozen past its lease, and it begins nothing when it is woken',
    async () => {
      const change = await stand.openChange({ startMs: 3_000, loadSeconds: 5 });
      const run = await change.reaches('provisioning');
      const owner = await ownerOf(run.id);
      const [other] = stand.serves.filter((serve) => serve !== owner);
      stand.useFrom(other ?? owner);
      owner.freeze();
      await until('another replica has taken it over', async () => !(await playedBy(owner)));
      owner.thaw();

      const ended = await change.ends();
      expect(ended, ended.story).toMatchObject({ conclusion: 'success', final: 1, comments: 1 });
      await expectCensus(stand, before, stackRows);
      stand.github.assertClean();
    },
  );

  test.runIf(everyVariant)('go on when one after the other is killed', async () => {
    const changes: FaultChange[] = [];
    for (let count = 0; count < 3; count++) changes.push(await stand.openChange({ loadSeconds: 4 }));
    for (const serve of stand.serves) {
      await sleep(4_000);
      await serve.kill();
      await serve.start();
    }

    for (const change of changes) {
      const ended = await change.ends();
      expect(ended, ended.story).toMatchObject({ conclusion: 'success', final: 1, comments: 1 });
    }
    await expectCensus(stand, before, stackRows);
    stand.github.assertClean();
  });
});

/** Who plays the run: leases name their owner by its process. */
async function ownerOf(runId: string): Promise<ServeProcess> {
  return until(`somebody plays ${runId}`, async () => {
    const [row] = await query(`select lease_owner from ${schema}.runs where id = $1`, [runId]);
    return stand.serves.find((serve) => String(row?.lease_owner).startsWith(`${serve.pid}-`)) ?? null;
  });
}

async function playedBy(serve: ServeProcess): Promise<boolean> {
  const live = await query(`select lease_owner from ${schema}.runs where phase <> 'done'`, []);
  return live.some((row) => String(row.lease_owner).startsWith(`${serve.pid}-`));
}

async function stackRows(): Promise<string[]> {
  const [table] = await query('select to_regclass($1) as name', [`${schema}.${pulumiTable}`]);
  if (table?.name == null) return [];
  const rows = await query(`select * from ${schema}.${pulumiTable}`, []);
  return rows.map((row) => String(row.key ?? JSON.stringify(row))).filter((key) => !/meta\.yaml/.test(key));
}

async function query(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}
