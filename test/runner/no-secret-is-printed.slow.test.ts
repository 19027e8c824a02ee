import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Forge } from '../../src/forge/forge.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { KnownSecrets } from '../../src/forge/known-secrets.ts';
import { createLog, type Log } from '../../src/log.ts';
import { changeIdOf } from '../../src/run/change-id.ts';
import { workQueues } from '../../src/runner/work-queues.ts';
import { runsOfChange } from '../../src/store/runs.ts';
import type { Store } from '../../src/store/store.ts';
import { createService } from '../../src/webhook/app.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';
import { type Served, serve } from '../../src/webhook/serve.ts';
import { type StandInFixture, startFixture } from '../forge/stand-in-fixture.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';
import { gitHubAlone } from '../webhook/doors.ts';
import { aPlayer } from './forge-stage.ts';
import { unreachableStage } from './unreachable-stage.ts';

const tokens: string[] = [];
const secrets = new KnownSecrets();
let lines = '';
let fixture: StandInFixture;
let forge: Forge;
let store: Store;
let log: Log;
let service: Served;
let shop: StandInRepository;

beforeAll(async () => {
  fixture = await startFixture({
    makeToken() {
      // Like nothing that a pattern would know.
      const token = `${tokens.length}:${'Zq'.repeat(20)}/${tokens.length}`;
      tokens.push(token);
      return token;
    },
  });
  const { github } = fixture;
  for (const value of [github.webhookSecret, github.privateKey]) secrets.add(value);
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines += String(chunk);
      done();
    },
  });
  log = createLog('trace', destination, (line) => secrets.redact(line));
  forge = fixture.forgeWith({ log, onSecret: (value) => secrets.add(value) });
  store = await openEmbeddedStore({ log });
  shop = await github.createRepository('shop', { files: { 'greenroom.yaml': 'version: 1\nsuits: []\n' } });
  const app = createService({
    store,
    log,
    metrics: createMetrics(store),
    doors: gitHubAlone([github.webhookSecret]),
  });
  service = await serve(app, { host: '127.0.0.1', port: 0 });
  github.setWebhookUrl(`${service.url}/webhooks/github`);
});

afterAll(async () => {
  await service.close();
  await store.close();
  await fixture.stop();
});

test('a whole run of a forge that repeats our credentials in its answers prints none of them anywhere', async () => {
  const { github } = fixture;
  const stop = new AbortController();
  const stage = { ...(await unreachableStage(fixture.folder)), log };
  const { bell } = stage;
  const events = { store, forge, log, bell, maxTtlMs: 3_600_000, extend: async () => undefined };
  const player = aPlayer({ stage, store, forge, log, publicUrl: 'http://greenroom.test' });
  for (const operation of [
    'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    'GET /repos/{owner}/{repo}/contents/{path}',
    'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
    'POST /app/installations/{installation_id}/access_tokens',
  ]) {
    github.failNext(operation, { kind: 'echo', status: 400 });
  }
  await shop.pushTo('search', { user: 'olivia', files: { a: 'b' } });
  const number = await shop.openPullRequest({ title: 'Find', user: 'olivia', head: 'search' });
  const working = workQueues({ player, events, maxEnvironments: 1 }, stop.signal);
  const change = changeIdOf(shop.fullName, number);
  const verdict = async () => (await runsOfChange(store, change))[0]?.document.verdict ?? null;
  await expect.poll(verdict, { timeout: 120_000 }).not.toBeNull();
  await expect.poll(() => shop.commentsOf(number).length, { timeout: 120_000 }).toBeGreaterThan(0);
  stop.abort();
  await working;

  const shown = {
    lines,
    rows: JSON.stringify(await everyRow()),
    checks: JSON.stringify(
      shop.checksOf(await shop.headOf('search')).map(({ summary, text, title }) => [title, summary, text]),
    ),
    comments: shop
      .commentsOf(number)
      .map(({ body }) => body)
      .join('\n'),
    metrics: await (await fetch(`${service.url}/metrics`)).text(),
  };
  expect(tokens.length).toBeGreaterThan(0);
  expect(shown.lines).toContain('[redacted]');
  const [, pemLine = ''] = github.privateKey.split('\n');
  for (const secret of [...tokens, github.webhookSecret, pemLine]) {
    for (const [where, text] of Object.entries(shown))
      expect(text.includes(secret), `${secret} in ${where}`).toBe(false);
  }
});

async function everyRow(): Promise<unknown[]> {
  const names = ['deliveries', 'comments', 'changes', 'runs', 'checks', 'teardowns', 'run_log', 'approvals'] as const;
  return Promise.all(names.map((name) => store.db.selectFrom(name).selectAll().execute()));
}
