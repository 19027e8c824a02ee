import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { gitHubFindings } from '../../src/cli/doctor-github.ts';
import { loadOperatorConfig } from '../../src/config/operator-config.ts';
import { silentLog } from '../../src/log.ts';
import type { Store } from '../../src/store/store.ts';
import { createService } from '../../src/webhook/app.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';
import { type Served, serve } from '../../src/webhook/serve.ts';
import { noSignal, type StandInFixture, startFixture } from '../forge/stand-in-fixture.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';
import { gitHubAlone } from '../webhook/doors.ts';

const log = silentLog();
let fixture: StandInFixture;
let store: Store;
let service: Served | null = null;
let secrets: string[];

beforeAll(async () => {
  store = await openEmbeddedStore({ log, wakeUps: 'none' });
});
beforeEach(async () => {
  fixture = await startFixture();
  secrets = [fixture.github.webhookSecret];
  const app = createService({ store, log, metrics: createMetrics(store), doors: gitHubAlone(secrets) });
  service = await serve(app, { host: '127.0.0.1', port: 0 });
  fixture.github.setWebhookUrl(`${service.url}/webhooks/github`);
});
afterEach(async () => {
  fixture.github.assertClean();
  await service?.close();
  await fixture.stop();
});
afterAll(() => store.close());

async function findings(overrides: Record<string, string> = {}): Promise<Record<string, string[]>> {
  const { github } = fixture;
  const config = loadOperatorConfig({
    GREENROOM_DATA_DIR: join(tmpdir(), 'greenroom-doctor'),
    GREENROOM_PUBLIC_URL: service?.url ?? '',
    GREENROOM_GITHUB_API_URL: github.apiUrl,
    GREENROOM_GITHUB_APP_ID: github.appId,
    GREENROOM_GITHUB_PRIVATE_KEY: github.privateKey,
    GREENROOM_GITHUB_WEBHOOK_SECRET: github.webhookSecret,
    ...overrides,
  });
  const found = await gitHubFindings(config, noSignal);
  const lines = found.map(
    ({ what, ok, detail, remedy }) => [what, ok ? `ok: ${detail}` : `${detail} -> ${remedy}`] as const,
  );
  return Object.fromEntries(
    [...Map.groupBy(lines, ([what]) => what)].map(([what, all]) => [what, all.map(([, line]) => line)]),
  );
}

async function somethingHappens(): Promise<void> {
  const shop = await fixture.github.createRepository('shop', {});
  await shop.pushTo('search', { user: 'olivia', files: { a: 'b' } });
  await shop.openPullRequest({ title: 'Find', user: 'olivia', head: 'search' });
}

describe('what doctor finds of an App', () => {
  test('that is all right: and one delivery goes the whole way once more', async () => {
    await somethingHappens();
    fixture.github.installOn('initech');

    const found = await findings();

    expect(found).toEqual({
      forge: ['ok: App "greenroom" on acme, initech: 1 repositories'],
      permissions: ['ok: granted, and accepted by every owner'],
      events: ['ok: subscribed'],
      webhook: [`ok: goes to ${service?.url}/webhooks/github`],
      deliveries: [expect.stringMatching(/^ok: "pull_request" came, and was answered with 202 in [\d.]+ s$/)],
    });
    expect(fixture.github.deliveries.map(({ redelivery }) => redelivery)).toEqual([false, true]);
  });

  test('permissions and events that nobody asked for, and those that one owner has not accepted', async () => {
    const old = fixture.github.installOn('initech');
    old.permissions = {
      metadata: 'read',
      contents: 'read',
      checks: 'read',
      pull_requests: 'write',
      merge_queues: 'read',
    };
    old.events = ['pull_request', 'issue_comment'];
    // What an installation is made with is the App's own wish.
    delete fixture.github.installOn('hooli').permissions.issues;

    const found = await findings();

    expect(found.permissions).toEqual([
      expect.stringMatching(/^the App does not ask for issues: read -> Add them in .*\/apps\/greenroom$/),
      expect.stringMatching(/^"initech" has not accepted checks: write -> Its owner accepts them: .*\/initech\//),
    ]);
    expect(found.events).toEqual([expect.stringMatching(/^"initech" does not tell of merge_group -> /)]);
  });

  test('the permission for deployments, where the operator wants them', async () => {
    delete fixture.github.installOn('initech').permissions.deployments;

    expect((await findings()).permissions).toEqual(['ok: granted, and accepted by every owner']);
    expect((await findings({ GREENROOM_GITHUB_DEPLOYMENTS: 'on' })).permissions).toEqual([
      expect.stringMatching(/^the App does not ask for deployments: write -> Add them in/),
    ]);
  });

  test('a webhook that goes elsewhere', async () => {
    await somethingHappens();
    fixture.github.setWebhookUrl(`${service?.url}/elsewhere`);

    const found = await findings();

    expect(found.webhook).toEqual([
      expect.stringContaining(`/elsewhere, not to ${service?.url}/webhooks/github -> Change`),
    ]);
    expect(found.deliveries).toEqual([expect.stringContaining('(404) -> Whatever answers there is not Greenroom')]);
  });

  test('a secret that does not fit', async () => {
    await somethingHappens();
    fixture.github.setWebhookSecret('another');

    expect((await findings()).deliveries).toEqual([
      expect.stringContaining('"pull_request": Invalid HTTP Response: 401 (401) -> GREENROOM_GITHUB_WEBHOOK_SECRET'),
    ]);
  });

  test('nothing about deliveries while nobody serves, or nothing has happened', async () => {
    expect((await findings()).deliveries).toEqual([
      expect.stringMatching(/^ok: not tried: GitHub had nothing to tell/),
    ]);
    expect((await findings({ GREENROOM_PUBLIC_URL: 'http://127.0.0.1:9' })).deliveries).toEqual([
      expect.stringMatching(/^ok: not tried: nobody answers at/),
    ]);
  });

  test('a key of another App', async () => {
    const other = await startFixture();
    const found = await findings({ GREENROOM_GITHUB_PRIVATE_KEY: other.github.privateKey });
    await other.stop();

    expect(found).toEqual({ forge: [expect.stringContaining('-> Compare GREENROOM_GITHUB_APP_ID')] });
  });
});
