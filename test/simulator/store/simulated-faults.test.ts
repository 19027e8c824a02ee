import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { requestCancel } from '../../../src/store/cancel.ts';
import { createRun } from '../../../src/store/create-run.ts';
import { acceptDelivery, claimComment, unhandledDeliveries } from '../../../src/store/deliveries.ts';
import { runById } from '../../../src/store/runs.ts';
import { wantedRun } from '../../store/sample-run.ts';
import type { StoreFaults } from './session.ts';
import { type Deliver, type Listener, SimulatedDatabase } from './simulated-database.ts';
import { connectionLost, serializationFailure } from './sqlite-values.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const clock = () => new Date(start);

async function replicas(faults: StoreFaults = {}, deliver?: Deliver) {
  const database = new SimulatedDatabase(deliver === undefined ? {} : { deliver });
  const healthy = await database.replica({ clock });
  const armed: StoreFaults = {};
  const faulty = await database.replica({ clock, faults: armed });
  // What opening the store asks is not what a test counts.
  Object.assign(armed, faults);
  return { database, healthy, faulty };
}

/** Throws the first `times` times it is called. */
function failing(error: () => Error, times = 1) {
  let left = times;
  return () => {
    if (left-- > 0) throw error();
  };
}

const create = (id: string) => (tx: Parameters<typeof createRun>[0]) => createRun(tx, wantedRun(id));

test('what one replica commits the others see', async () => {
  const { healthy, faulty } = await replicas();

  await faulty.store.transaction(create('r1'));

  expect(await runById(healthy.store, 'r1')).toMatchObject({ generation: 1, createdAt: clock().toISOString() });
});

test.each(['statement', 'commit'] as const)('a serialization failure at a %s is tried again', async (step) => {
  const { healthy, faulty } = await replicas({ [step]: failing(serializationFailure, 4) });
  let tries = 0;

  const { run } = await faulty.store.transaction((tx) => {
    tries += 1;
    return create('r1')(tx);
  });

  expect([tries, run.generation]).toEqual([5, 1]);
  expect(await runById(healthy.store, 'r1')).not.toBeNull();
});

test('one that fails every time is given up, and nothing of it is there', async () => {
  const { healthy, faulty } = await replicas({ commit: failing(serializationFailure, 99) });

  await expect(faulty.store.transaction(create('r1'))).rejects.toMatchObject({ code: '40001' });

  expect(await runById(healthy.store, 'r1')).toBeNull();
});

test('a connection lost before the commit undoes it, one lost after it only loses the answer', async () => {
  const before = await replicas({ commit: failing(connectionLost) });
  const after = await replicas({ leave: failing(connectionLost) });

  await expect(before.faulty.store.transaction(create('r1'))).rejects.toMatchObject({ code: '57P01' });
  await expect(after.faulty.store.transaction(create('r1'))).rejects.toMatchObject({ code: '57P01' });

  expect(await runById(before.healthy.store, 'r1')).toBeNull();
  expect(await runById(after.healthy.store, 'r1')).not.toBeNull();
});

test('after an error nothing more happens in its transaction', async () => {
  const { healthy, faulty } = await replicas();
  await healthy.store.transaction(create('r1'));

  const work = faulty.store.transaction(async (tx) => {
    await claimComment(tx, 'acme/shop', '1');
    await expect(create('r1')(tx)).rejects.toMatchObject({ code: '23505' });
    await expect(claimComment(tx, 'acme/shop', '2')).rejects.toMatchObject({ code: '25P02' });
  });
  await work;

  expect(await healthy.store.transaction((tx) => claimComment(tx, 'acme/shop', '1'))).toBe(true);
});

test('a replica that dies in a transaction leaves nothing of it, holds nobody up and hears nothing more', async () => {
  const { healthy, faulty } = await replicas();
  const happened: string[] = [];
  await faulty.store.listen('runs', (id) => happened.push(id));
  void faulty.store
    .transaction(async (tx) => {
      await create('r1')(tx);
      faulty.die();
      await requestCancel(tx, 'r1', 'closed');
      happened.push('went on');
    })
    .finally(() => happened.push('was answered'));

  await healthy.store.transaction(create('r2'));
  void runById(faulty.store, 'r2').finally(() => happened.push('could ask'));
  await sleep(20);

  expect([await runById(healthy.store, 'r1'), happened]).toEqual([null, []]);
  expect(await runById(healthy.store, 'r2')).toMatchObject({ generation: 1 });
});

test('a query beside a transaction waits for its end, also from another replica', async () => {
  const { healthy, faulty } = await replicas();
  const seen: unknown[] = [];
  let beside: Promise<unknown> = Promise.resolve();

  const failed = faulty.store.transaction(async (tx) => {
    await create('r1')(tx);
    beside = runById(healthy.store, 'r1').then((run) => seen.push(run));
    await sleep(20);
    expect(seen).toEqual([]);
    throw new Error('second thoughts');
  });

  await expect(failed).rejects.toThrow('second thoughts');
  await beside;
  expect(seen).toEqual([null]);
});

test('wake-ups come with the commit only, and who hears of them is the simulator’s to say', async () => {
  const sent: string[] = [];
  const to = { first: [] as string[], second: [] as string[] };
  const deliver: Deliver = ({ queue, id, delayMs }, listeners: readonly Listener[]) => {
    sent.push(`${queue} ${id} ${delayMs}`);
    for (const listener of listeners) listener(id, 0);
  };
  const { healthy, faulty } = await replicas({ commit: failing(connectionLost) }, deliver);
  await healthy.store.listen('runs', (id) => to.first.push(id));
  await faulty.store.listen('runs', (id) => to.second.push(id));

  await faulty.store.transaction(create('r1')).catch(() => undefined);
  const before = [...sent];
  await faulty.store.transaction(create('r2'));
  await sleep(20);

  expect(before).toEqual([]);
  expect(sent).toEqual(['teardowns r2 7200000', 'runs r2 0']);
  expect(to).toEqual({ first: ['r2'], second: ['r2'] });
});

test('two databases know nothing of one another, and a fresh one is empty', async () => {
  const [one, other] = [await replicas(), await replicas()];
  const delivery = { id: 'd1', forge: 'github' as const, name: 'ping', receivedAt: clock().toISOString() };

  await acceptDelivery(one.healthy.store, { ...delivery, event: { kind: 'other', name: 'ping', why: '' } });

  expect(await unhandledDeliveries(one.faulty.store, clock())).toEqual(['d1']);
  expect(await unhandledDeliveries(other.healthy.store, clock())).toEqual([]);
});
