import type { Demand } from '../src/run/demand.ts';
import { admitWaiting, type Room } from '../src/store/admission.ts';
import { asJson } from '../src/store/as-json.ts';
import type { Store } from '../src/store/store.ts';
import { recordTeardown } from '../src/store/teardowns.ts';
import { type Figure, figureOf } from './figure.ts';
import { aQueuedRun } from './many-runs.ts';
import type { BenchStage } from './stage.ts';
import { onBothStores } from './stores.ts';

const queued = 1_000;
const decisions = 200;
const demand: Demand = { millicores: 1_000, bytes: 2 ** 30, pods: 8 };
/** For four at the same time. */
const room: Room = { capacity: { millicores: 4_000, bytes: 4 * 2 ** 30, pods: 32 }, mostEnvironments: 4 };

/**
 * 1,000 runs wait for room for four: how long a decision takes when one of them leaves and the next may begin, the queue and its
 * estimates written in the same transaction, and by how much the process grows.
 */
export function measureScheduling(stage: BenchStage): Promise<Figure[]> {
  return onBothStores(stage, 'scheduling', measureOn);
}

async function measureOn(store: Store, engine: string): Promise<Figure[]> {
  // What the first use of the engine costs is no part of a queue's size.
  await enqueue(store, 1, 8);
  await store.transaction((tx) => admitWaiting(tx, room));
  const before = residentMb();
  await enqueue(store, 9, queued);
  const times: number[] = [];
  let leaving = await atWork(store);
  for (let decision = 0; decision < decisions; decision++) {
    const [gone] = leaving;
    if (gone === undefined) throw new Error('nobody is at work');
    await store.transaction((tx) => recordTeardown(tx, gone, { state: 'gone', dueAt: tx.now }));
    const begun = performance.now();
    const { admitted, queue } = await store.transaction((tx) => admitWaiting(tx, room));
    times.push(performance.now() - begun);
    if (admitted.length !== 1 || queue.length === 0) throw new Error(`${admitted.length} began when one left`);
    leaving = [...leaving.slice(1), ...admitted];
    await aWaitingRun(store, queued + 8 + decision + 1);
  }
  const grown = residentMb() - before;
  const sorted = times.toSorted((left, right) => left - right);
  const quantile = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN;
  const name = (what: string) => `${what}, ${queued} queued (${engine})`;
  return [
    figureOf({ name: name('scheduling decision, p50'), unit: 'ms', value: quantile(0.5), most: 50 }),
    figureOf({ name: name('scheduling decision, p99'), unit: 'ms', value: quantile(0.99), most: 50 }),
    figureOf({ name: name('resident memory grown by'), unit: 'MB', value: Math.max(0, grown), most: 100 }),
  ];
}

async function enqueue(store: Store, from: number, count: number): Promise<void> {
  for (let number = from; number < from + count; number++) await aWaitingRun(store, number);
}

/** As it stands once its player knows what it asks for, without the decision that comes with that. */
async function aWaitingRun(store: Store, number: number): Promise<void> {
  const { id } = await aQueuedRun(store, number);
  await store.db
    .updateTable('runs')
    .set({ demand: asJson(demand) })
    .where('id', '=', id)
    .execute();
}

async function atWork(store: Store): Promise<string[]> {
  const rows = await store.db.selectFrom('runs').select('id').where('admitted_at', 'is not', null).execute();
  return rows.map((row) => row.id);
}

function residentMb(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 1e6;
}
