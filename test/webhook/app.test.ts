import { sign } from '@octokit/webhooks-methods';
import type { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery } from '../../src/event/event.ts';
import { silentLog } from '../../src/log.ts';
import { acceptDelivery, unhandledDeliveries } from '../../src/store/deliveries.ts';
import type { Store } from '../../src/store/store.ts';
import { createService, type ServiceOptions } from '../../src/webhook/app.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';
import type { Door } from '../../src/webhook/receive-delivery.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';
import { openQuickStore } from '../store/quick-store.ts';
import { previousSecret, secret, signedRequest } from './signed-delivery.ts';

let store: Store;
let told: Delivery[];
beforeAll(async () => {
  store = await openQuickStore();
});
afterAll(async () => {
  await store.close();
});
beforeEach(async () => {
  told = [];
  await store.db.deleteFrom('deliveries').execute();
});

const door: Door = {
  secrets: [secret, previousSecret],
  parseDelivery: (name) => ({ kind: 'other', name, why: 'a test' }),
};

function service(over: Partial<ServiceOptions> = {}): Hono {
  return createService({
    store,
    log: silentLog(),
    metrics: createMetrics(store),
    doors: { github: door, gitea: door },
    onDelivery: (delivery) => {
      told.push(delivery);
    },
    ...over,
  });
}
const post = (init: RequestInit, app = service()) => app.request('/webhooks/github', init);
const stored = () => unhandledDeliveries(store, new Date());

test('a signed delivery is stored, answered 202 and passed on', async () => {
  const response = await post(signedRequest('{"zen":"Keep it logically awesome."}', { id: 'd1' }));

  expect(response.status).toBe(202);
  expect(await stored()).toEqual(['d1']);
  expect(told.map((delivery) => delivery.id)).toEqual(['d1']);
});

test('a signature made by the library that GitHub documents fits, byte for byte', async () => {
  const body = '{"title":"Größe ändern 🧪"}';
  const init = signedRequest(body, { headers: { 'x-hub-signature-256': await sign(secret, body) } });

  expect((await post(init)).status).toBe(202);
});

test('a store that does not answer in time costs the delivery nothing: it is answered, and known when it comes again', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const blocking = store.transaction(() => held);
  const app = service({ answerWithinMs: 50 });

  const late = await post(signedRequest('{}', { id: 'late' }), app);
  release();
  await blocking;

  expect(late.status).toBe(503);
  expect(late.headers.get('retry-after')).toBe('10');
  await expect.poll(stored).toEqual(['late']);
  expect(await (await post(signedRequest('{}', { id: 'late' }), app)).json()).toEqual({ message: 'Accepted before.' });
});

test('a body that never ends is answered all the same', async () => {
  const trickle = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([123])) });
  const init = { ...signedRequest('{}'), body: trickle, duplex: 'half' } as RequestInit;

  expect((await post(init, service({ answerWithinMs: 50 }))).status).toBe(503);
});

test('the previous secret is good while it is being rotated', async () => {
  expect((await post(signedRequest('{}', { secret: previousSecret }))).status).toBe(202);
});

test('a redelivered id is acknowledged and not passed on again', async () => {
  await post(signedRequest('{}', { id: 'd1' }));
  const again = await post(signedRequest('{}', { id: 'd1' }));

  expect(again.status).toBe(202);
  expect(told).toHaveLength(1);
});

const big = new Uint8Array(25 * 1024 * 1024 + 1).fill(32);
test.each<[string, number, () => RequestInit]>([
  ['a forged signature', 401, () => signedRequest('{}', { secret: 'guessed' })],
  ['no signature', 401, () => signedRequest('{}', { headers: { 'x-hub-signature-256': '' } })],
  ['a signature of another kind', 401, () => signedRequest('{}', { headers: { 'x-hub-signature-256': 'sha1=00' } })],
  ['a form', 415, () => signedRequest('{}', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })],
  [
    'a content type that only begins right',
    415,
    () => signedRequest('{}', { headers: { 'content-type': 'application/jsonp' } }),
  ],
  ['more than 25 MB', 413, () => signedRequest(big)],
  ['half of a JSON document', 400, () => signedRequest('{"action":')],
  ['an empty body', 400, () => signedRequest('')],
  ['bytes that are no UTF-8', 400, () => signedRequest(new Uint8Array([0x22, 0xff, 0xfe, 0x22]))],
  ['no delivery id', 400, () => signedRequest('{}', { id: '' })],
  ['a delivery id without end', 400, () => signedRequest('{}', { id: 'x'.repeat(201) })],
])('%s is answered %i and nothing is stored', async (_title, status, init) => {
  const response = await post(init());

  expect(response.status).toBe(status);
  expect(await stored()).toEqual([]);
  expect(told).toEqual([]);
});

test('a body of exactly 25 MB is taken', async () => {
  const body = `"${'x'.repeat(25 * 1024 * 1024 - 2)}"`;

  expect((await post(signedRequest(body))).status).toBe(202);
});

test('what happens after the commit never changes the answer', async () => {
  const throws = service({
    onDelivery: () => {
      throw new Error('the scheduler is down');
    },
  });
  const rejects = service({ onDelivery: () => Promise.reject(new Error('the scheduler is down')) });

  expect((await post(signedRequest('{}', { id: 'd1' }), throws)).status).toBe(202);
  expect((await post(signedRequest('{}', { id: 'd2' }), rejects)).status).toBe(202);
  expect(await stored()).toEqual(['d1', 'd2']);
});

describe("Gitea's deliveries", () => {
  const names = { 'x-gitea-event': 'pull_request', 'x-gitea-delivery': 'g1' };
  /** As Gitea alone signs, without GitHub's header. */
  const bare = (signature: (hub: string) => string) => {
    const { headers, ...init } = byGitea({}, 'of Gitea');
    const { 'x-hub-signature-256': hub = '', ...others } = headers as Record<string, string>;
    return { ...init, headers: { ...others, 'x-gitea-signature': signature(hub.replace('sha256=', '')) } };
  };
  const byGitea = (headers: Record<string, string> = {}, key = secret) =>
    signedRequest('{"action":"opened"}', { secret: key, headers: { ...names, ...headers } });
  const own = { secrets: ['of Gitea', 'of Gitea before'], parseDelivery: door.parseDelivery };
  const app = () => service({ doors: { github: door, gitea: own } });
  const deliver = (init: RequestInit) => app().request('/webhooks/gitea', init);

  test('come in by a door of their own, with their own names', async () => {
    expect((await deliver(byGitea({}, 'of Gitea'))).status).toBe(202);
    expect(told).toMatchObject([{ id: 'g1', forge: 'gitea', name: 'pull_request' }]);
  });

  test('may be signed with the secret before', async () => {
    expect((await deliver(byGitea({}, 'of Gitea before'))).status).toBe(202);
  });

  test('may carry a bare signature alone', async () => {
    expect((await deliver(bare((signature) => signature))).status).toBe(202);
  });

  test.each([
    ["GitHub's secret", byGitea()],
    ['no secret, as where none is configured', byGitea({ 'x-hub-signature-256': 'sha256=' }, 'of Gitea')],
    ['a bare signature that does not fit', bare(() => 'a'.repeat(64))],
    ['an empty bare signature', bare(() => '')],
  ])('are refused with %s', async (_, init) => {
    expect((await deliver(init)).status).toBe(401);
    expect(await stored()).toEqual([]);
  });

  test("do not come in by GitHub's door, nor GitHub's by theirs", async () => {
    expect((await app().request('/webhooks/github', byGitea({}, 'of Gitea'))).status).toBe(401);
    expect((await deliver(signedRequest('{}', { id: 'd1' }))).status).toBe(401);
  });

  test('are refused where no Gitea is configured', async () => {
    const closed = service({ doors: { github: door, gitea: { ...own, secrets: [] } } });

    expect((await closed.request('/webhooks/gitea', byGitea({}, ''))).status).toBe(401);
  });
});

test('a payload that cannot be read is kept as something we do not act on', async () => {
  const parseDelivery = () => {
    throw new Error('pull_request.number: expected number');
  };
  const app = service({ doors: { github: { ...door, parseDelivery }, gitea: door } });
  await post(signedRequest('{}', { id: 'd1' }), app);

  expect(told[0]?.event).toEqual({
    kind: 'other',
    name: 'ping',
    why: 'the payload is not what we expect of it: pull_request.number: expected number',
  });
});

test('a store that cannot write asks for the delivery again', async () => {
  const closed = await openEmbeddedStore({ log: silentLog(), wakeUps: 'none' });
  await closed.close();
  const app = service({ store: closed });

  const response = await post(signedRequest('{}'), app);

  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('10');
  expect(told).toEqual([]);
});

test('only POST delivers, and nothing else is there', async () => {
  const app = service();

  expect((await app.request('/webhooks/github')).status).toBe(405);
  expect((await app.request('/webhooks/gitlab', { method: 'POST' })).status).toBe(404);
});

test('health is always there; readiness says what is not', async () => {
  const now = Date.now();
  const ready = await service().request('/readyz');
  const app = service({ readiness: { cluster: () => Promise.reject(new Error('connection refused')) } });
  await acceptDelivery(store, {
    id: 'old',
    forge: 'github',
    name: 'ping',
    receivedAt: new Date(now).toISOString(),
    event: { kind: 'other', name: 'ping', why: '' },
  });
  await store.db
    .updateTable('deliveries')
    .set({ accepted_at: new Date(now - 200_000) })
    .execute();

  const notReady = await app.request('/readyz');

  expect((await app.request('/healthz')).status).toBe(200);
  expect(await ready.json()).toMatchObject({ status: 'ready', checks: { store: { ok: true }, queue: { ok: true } } });
  expect(notReady.status).toBe(503);
  expect(await notReady.json()).toMatchObject({
    checks: { store: { ok: true }, queue: { ok: false }, cluster: { ok: false, detail: 'connection refused' } },
  });
});

test('metrics count deliveries by event and answer, and never name a change', async () => {
  const app = service();
  await post(signedRequest('{}', { event: 'pull_request' }), app);
  await post(signedRequest('{}', { event: 'someone_elses_event', id: 'd2' }), app);
  await post(signedRequest('{}', { secret: 'guessed', event: 'made_up' }), app);

  const text = await (await app.request('/metrics')).text();

  expect(text).toContain('greenroom_deliveries_total{event="pull_request",answer="202"} 1');
  expect(text).toContain('greenroom_deliveries_total{event="other",answer="202"} 1');
  expect(text).toContain('greenroom_deliveries_total{event="other",answer="401"} 1');
  expect(text).toContain('greenroom_queue_depth{queue="deliveries"} 2');
  expect(text).toContain('cicd_pipeline_run_active{cicd_pipeline_name="greenroom"} 0');
  expect(text).not.toContain('made_up');
});
