import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import type { Store } from '../../src/store/store.ts';
import { createService } from '../../src/webhook/app.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';
import type { Door } from '../../src/webhook/receive-delivery.ts';
import { type Served, serve } from '../../src/webhook/serve.ts';
import { openQuickStore } from '../store/quick-store.ts';
import { secret, signedRequest } from './signed-delivery.ts';

const host = '127.0.0.1';
let store: Store;
let served: Served;
beforeAll(async () => {
  store = await openQuickStore();
  const door: Door = { secrets: [secret], parseDelivery: (name) => ({ kind: 'other', name, why: 'a test' }) };
  const app = createService({
    store,
    log: silentLog(),
    metrics: createMetrics(store),
    doors: { github: door, gitea: door },
  });
  served = await serve(app, { host, port: 0 });
});
afterAll(async () => {
  await served.close();
  await store.close();
});

test('a signed delivery is accepted over a real connection', async () => {
  const response = await fetch(`${served.url}/webhooks/github`, signedRequest('{"action":"opened"}'));

  expect(response.status).toBe(202);
});

test('a connection is kept for longer than a proxy in front keeps it, and says so', async () => {
  const { headers } = await fetch(`${served.url}/healthz`);

  const [, seconds] = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? [];
  expect(Number(seconds)).toBeGreaterThan(60);
});

test('a body without end is cut off with 413 soon after the limit', async () => {
  const socket = connect(served.port, host);
  await once(socket, 'connect');
  let answer = '';
  socket.on('data', (data: Buffer) => {
    answer += data.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.write(
    'POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      `X-GitHub-Event: ping\r\nX-Hub-Signature-256: sha256=${'0'.repeat(64)}\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 32), Buffer.from('\r\n')]);
  let sent = 0;
  while (answer === '' && sent < 200 && !socket.destroyed) {
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain').catch(() => undefined), sleep(1_000)]);
    sent += 1;
  }
  for (let tries = 0; tries < 100 && answer === ''; tries++) await sleep(20);
  socket.destroy();

  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(sent).toBeLessThan(100);
});

test('bodies that only begin cannot fill the memory, and room comes back when they end', async () => {
  const half = Buffer.alloc(24 * 1024 * 1024, 32);
  const sockets = await Promise.all(
    Array.from({ length: 7 }, async () => {
      const socket = connect(served.port, host);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(
        `POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-GitHub-Event: ping\r\nX-Hub-Signature-256: sha256=${'0'.repeat(64)}\r\nContent-Length: ${half.length + 1}\r\n\r\n`,
      );
      socket.write(half);
      return socket;
    }),
  );
  const answers = await Promise.race(
    sockets.map(async (socket) => ((await once(socket, 'data')) as [Buffer])[0].toString('latin1')),
  );
  for (const socket of sockets) socket.destroy();
  let status = 503;
  for (let tries = 0; tries < 100 && status === 503; tries++) {
    await sleep(50);
    status = (await fetch(`${served.url}/webhooks/github`, signedRequest('{}', { id: `later-${tries}` }))).status;
  }

  expect(answers).toMatch(/^HTTP\/1\.1 503 /);
  expect(status).toBe(202);
});

test('a port in use is named with the remedy', async () => {
  await expect(serve(new Hono(), { host, port: served.port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    remedy: 'fix-input',
    message: `listening on 127.0.0.1:${served.port}, which another process holds`,
    hint: expect.stringContaining('GREENROOM_PORT'),
  });
});

test('an address that is not ours is named', async () => {
  await expect(serve(new Hono(), { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'HOST_UNAVAILABLE' });
});

test('closing lets a request under way end and refuses new ones', async () => {
  const app = new Hono().get('/slow', async (context) => {
    await sleep(300);
    return context.text('done');
  });
  const slow = await serve(app, { host, port: 0 });
  const underWay = fetch(`${slow.url}/slow`);
  await sleep(100);

  const closing = slow.close();

  expect(await (await underWay).text()).toBe('done');
  await closing;
  await expect(fetch(`${slow.url}/slow`)).rejects.toThrow();
});
