import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Lease } from '../../src/runner/lease.ts';
import { leaseMs, requestTimeoutMs } from '../../src/store/leases.ts';

const hold = { runId: 'r1', owner: 'one', fence: 1, until: '2026-01-01T00:00:15.000Z' };

test('a fresh lease is enough for a request', async () => {
  await new Lease(hold, performance.now()).enough();
});

test('one with less left than a request may take waits for its renewal', async () => {
  const lease = new Lease(hold, performance.now() - leaseMs + requestTimeoutMs - 1_000);
  const order: string[] = [];
  const waited = lease.enough().then(() => order.push('begun'));
  await sleep(0);
  order.push('renewed');
  lease.renewed(performance.now());
  await waited;

  expect(order).toEqual(['renewed', 'begun']);
});

test('a lost one never begins anything again, whatever comes later', async () => {
  const lease = new Lease(hold, performance.now() - leaseMs);
  const waiting = lease.enough();
  lease.lose();
  lease.renewed(performance.now());

  await expect(waiting).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await expect(lease.enough()).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(lease.leftMs).toBe(0);
});
