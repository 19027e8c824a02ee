import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGitHubApp, type GitHubApp } from '../../src/forge/github/github-app.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { silentLog } from '../../src/log.ts';
import { keepDeliveriesRecovered } from '../../src/runner/recover-deliveries.ts';
import { acceptedAmong } from '../../src/store/deliveries.ts';
import type { Store } from '../../src/store/store.ts';
import { createService } from '../../src/webhook/app.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';
import { type Served, serve } from '../../src/webhook/serve.ts';
import { noSignal, type StandInFixture, startFixture } from '../forge/stand-in-fixture.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';
import { gitHubAlone } from '../webhook/doors.ts';

const log = silentLog();
const secrets = ['the first'];
let fixture: StandInFixture;
let store: Store;
let service: Served;
let shop: StandInRepository;
let number: number;

beforeAll(async () => {
  fixture = await startFixture({ webhookSecret: 'the first' });
  store = await openEmbeddedStore({ log, wakeUps: 'none' });
  shop = await fixture.github.createRepository('shop', {});
  await shop.pushTo('search', { user: 'olivia', files: { a: 'b' } });
  number = await shop.openPullRequest({ title: 'Find', user: 'olivia', head: 'search' });
  const app = createService({ store, log, metrics: createMetrics(store), doors: gitHubAlone(secrets) });
  service = await serve(app, { host: '127.0.0.1', port: 0 });
});
beforeEach(() => {
  listen(true);
});
afterAll(async () => {
  fixture.github.assertClean();
  await service.close();
  await store.close();
  await fixture.stop();
});

function listen(isListening: boolean): void {
  fixture.github.setWebhookUrl(isListening ? `${service.url}/webhooks/github` : null);
}

/** As if it looked some minutes from now. */
function anApp(minutes = 2): GitHubApp {
  const { apiUrl, appId, privateKey } = fixture.github;
  return createGitHubApp({ apiUrl, appId, privateKey, log, now: () => Date.now() + minutes * 60_000 });
}

async function recover(app = anApp()): Promise<number> {
  const asked = await app.recoverDeliveries((guids) => acceptedAmong(store, guids), noSignal);
  // The stand-in answers before it delivers.
  await fixture.github.settled();
  return asked;
}

async function isAccepted(guid: string | undefined): Promise<boolean> {
  return (await acceptedAmong(store, [guid ?? ''])).size === 1;
}

async function sayAndLose(body: string): Promise<string> {
  await shop.comment(number, 'olivia', body);
  return fixture.github.deliveries.at(-1)?.guid ?? '';
}

describe('deliveries that never came', () => {
  test('come once somebody listens again, under their own names, and are asked for once', async () => {
    listen(false);
    const lost = [await sayAndLose('/greenroom redeploy'), await sayAndLose('/greenroom teardown')];
    listen(true);
    const app = anApp();

    const asked = await recover(app);

    expect(asked).toBeGreaterThanOrEqual(2);
    expect(await Promise.all(lost.map(isAccepted))).toEqual([true, true]);
    expect(await recover(app)).toBe(0);
    expect(await recover()).toBe(0);
  });

  test('also when there are more than GitHub lists on a page', async () => {
    listen(false);
    const lost: string[] = [];
    for (let index = 0; index < 120; index += 1) lost.push(await sayAndLose(`word ${index}`));
    listen(true);

    const asked = [await recover(), await recover()];

    expect(asked).toEqual([100, 20]);
    expect((await acceptedAmong(store, lost)).size).toBe(120);
  });

  test('are looked for as soon as the service starts', async () => {
    listen(false);
    const lost = await sayAndLose('/greenroom help');
    listen(true);
    const stop = new AbortController();
    const told: number[] = [];
    const { recoverDeliveries } = anApp();

    const recovering = keepDeliveriesRecovered(
      { store, log, recover: recoverDeliveries, onRecovery: (count) => told.push(count) },
      stop.signal,
    );
    await expect.poll(() => isAccepted(lost), { timeout: 60_000 }).toBe(true);
    await fixture.github.settled();
    await expect.poll(() => told.length, { timeout: 60_000 }).toBe(1);
    stop.abort();
    await recovering;

    expect(told).toEqual([1]);
  });
});

describe('while the secret is rotated', () => {
  test('both are good, and what was refused before comes afterwards', async () => {
    fixture.github.setWebhookSecret('the second');
    const refused = await sayAndLose('signed with what we do not know yet');
    secrets.unshift('the second');
    const second = await sayAndLose('signed with the new one');
    fixture.github.setWebhookSecret('the first');
    const first = await sayAndLose('signed with the old one');

    expect(await Promise.all([refused, second, first].map(isAccepted))).toEqual([false, true, true]);
    expect(fixture.github.deliveries.at(-3)?.statusCode).toBe(401);
    await recover();
    expect(await isAccepted(refused)).toBe(true);
  });
});
