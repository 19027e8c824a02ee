import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { acceptDelivery, claimDelivery, finishDelivery, unhandledDeliveries } from '../../src/store/deliveries.ts';
import type { Store } from '../../src/store/store.ts';
import { watchQueue } from '../../src/store/watch-queue.ts';
import { takeOver } from './clock/take-over.ts';
import { VirtualClock } from './clock/virtual-clock.ts';
import { SimulatedDatabase } from './store/simulated-database.ts';

const ids = Array.from({ length: 12 }, (_, index) => `d${index}`);

/** Twelve deliveries of 2 s or a little more each for three replicas: one is killed at work, one is frozen for a while. */
async function twelveDeliveries(seed: number): Promise<string[]> {
  const clock = new VirtualClock();
  const restore = takeOver(clock, seed);
  const said: string[] = [];
  try {
    const database = new SimulatedDatabase();
    const open = () =>
      database.replica({ clock: () => new Date(clock.wallMs('database')), faults: { enter: () => clock.gate() } });
    const start = (name: string) =>
      clock.as(name, async () => {
        const replica = await open();
        const slow = { concurrency: 1, pollMs: 5_000, workMs: () => 2_000 + Math.random() * 500 };
        void watch(replica.store, slow, (what) => said.push(`${clock.nowMs} ${name} ${what}`));
        return replica;
      });
    const play = async () => {
      const [doomed] = [await start('a'), await start('b'), await start('c')];
      const { store } = await clock.as('webhook', open);
      for (const id of ids) await acceptDelivery(store, delivery(id));
      await sleep(3_000);
      clock.kill('a');
      doomed.die();
      clock.freeze('b');
      await sleep(1_500);
      clock.thaw('b');
    };
    void play();
    await clock.run({ untilMs: 60_000 });
    return said;
  } finally {
    restore();
  }
}

function delivery(id: string) {
  const event = { kind: 'other' as const, name: 'ping', why: '' };
  return { id, forge: 'github' as const, name: 'ping', receivedAt: new Date().toISOString(), event };
}

interface Watching {
  concurrency: number;
  pollMs: number;
  workMs: () => number;
}

function watch(store: Store, { concurrency, pollMs, workMs }: Watching, say: (what: string) => void): Promise<void> {
  const handle = async (id: string) => {
    if ((await store.transaction((tx) => claimDelivery(tx, id, 15_000))) === null) return;
    await sleep(workMs());
    if (await store.transaction((tx) => finishDelivery(tx, id))) say(id);
  };
  const pending = (now: Date) => unhandledDeliveries(store, now);
  const queue = { queue: 'deliveries' as const, concurrency, pollMs, pending, handle };
  return watchQueue(store, queue, new AbortController().signal, silentLog());
}

test('the real queue code on both: what a dead replica held, another does; what a frozen one held, it does itself', async () => {
  const said = await twelveDeliveries(1);

  const byReplica = (name: string) => said.filter((line) => line.split(' ')[1] === name);
  const late = (line: string) => Number(line.split(' ')[0]) >= 15_000;
  expect(said.map((line) => line.split(' ')[2]).sort()).toEqual(ids.toSorted());
  expect(byReplica('a')).toHaveLength(1);
  expect(byReplica('b')).toContainEqual(expect.stringMatching(/^450\d /));
  // What the dead one held is free again after the hold.
  expect(said.filter(late)).toHaveLength(1);
});

test('the same seed gives the same deeds at the same instants, another seed others', async () => {
  const [one, again, other] = [await twelveDeliveries(1), await twelveDeliveries(1), await twelveDeliveries(2)];

  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
});

test('a flood of wake-ups: what is too much to remember is found in the rows, without waiting for the next poll', async () => {
  const clock = new VirtualClock();
  const restore = takeOver(clock, 1);
  const handled: string[] = [];
  const flood = 1_500;
  try {
    const play = async () => {
      const { store } = await new SimulatedDatabase().replica({ clock: () => new Date(clock.wallMs('database')) });
      void watch(store, { concurrency: 8, pollMs: 300_000, workMs: () => 50 }, (id) => handled.push(id));
      await sleep(1_000);
      for (let index = 0; index < flood; index++) await acceptDelivery(store, delivery(`f${index}`));
    };
    void play();
    await clock.run({ untilMs: 60_000 });
  } finally {
    restore();
  }

  expect(new Set(handled).size).toBe(flood);
});
