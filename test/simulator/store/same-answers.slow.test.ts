import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../../src/log.ts';
import type { Store, Tx } from '../../../src/store/store.ts';
import type { Tables } from '../../../src/store/tables.ts';
import { openEmbeddedStore } from '../../store/embedded-store.ts';
import { start } from '../../store/store-stage.ts';
import { SimulatedDatabase } from './simulated-database.ts';
import { type Memory, operations } from './store-operations.ts';

interface Ask {
  name: string;
  a: number;
  b: number;
  c: number;
}

/** One transaction: what it asks, whether it then throws, and how much time passes first. */
interface Step {
  asks: Ask[];
  throws: boolean;
  afterMs: number;
}

/** Children before parents, so that emptying them in this order is allowed. False: the migrations' own row stays. */
const tables = {
  run_log: true,
  teardowns: true,
  runs: true,
  changes: true,
  deliveries: true,
  comments: true,
  checks: true,
  approvals: true,
  shared_secrets: true,
  admission: false,
  turns: true,
} satisfies Record<keyof Tables, boolean>;
const tableNames = Object.keys(tables) as (keyof Tables)[];

let now = start;
let pglite: Store;
let simulated: Store;
beforeAll(async () => {
  const clock = () => new Date(now);
  pglite = await openEmbeddedStore({ log: silentLog(), clock, wakeUps: 'none' });
  simulated = (await new SimulatedDatabase().replica({ clock, engine: 'pglite' })).store;
});
afterAll(async () => {
  await pglite?.close();
});

const small = fc.nat({ max: 60 });
/** What needs others to have come before comes more often. */
const oftener = [
  'claim',
  'save',
  'save',
  'save',
  'renew',
  'release',
  'appendLog',
  'readLog',
  'saveReceipt',
  'forget',
  'askForRoom',
  'admit',
];
const names = [...Object.keys(operations), ...oftener, ...oftener];
const ask = fc.record({ name: fc.constantFrom(...names), a: small, b: small, c: small });
const step: fc.Arbitrary<Step> = fc.record({
  asks: fc.oneof(
    { weight: 8, arbitrary: fc.tuple(ask) },
    { weight: 1, arbitrary: fc.array(ask, { minLength: 2, maxLength: 4 }) },
  ),
  throws: fc.nat(19).map((chance) => chance === 0),
  afterMs: fc.constantFrom(0, 0, 0, 1, 1_000, 9_999, 15_000, 25_000),
});
/** Every sequence begins with runs to work on. */
const opening = fc
  .array(fc.nat({ max: 10 }), { minLength: 5, maxLength: 5 })
  .map((changes) =>
    changes.map((b, a): Step => ({ asks: [{ name: 'create', a, b, c: b }], throws: false, afterMs: 1 })),
  );
const steps = fc
  .tuple(opening, fc.array(step, { minLength: 20, maxLength: 50 }))
  .map(([first, rest]) => [...first, ...rest]);

test('PGlite and the store for simulations give the same answers and end with the same rows', async () => {
  const asked = new Map<string, number>();
  const property = fc.asyncProperty(steps, async (sequence) => {
    await Promise.all([pglite, simulated].map(empty));
    const [left, right] = [freshMemory(), freshMemory()];
    now = start;
    for (const each of sequence) {
      now += each.afterMs;
      expect(await perform(simulated, each, right)).toEqual(await perform(pglite, each, left));
      for (const { name } of each.asks) asked.set(name, (asked.get(name) ?? 0) + 1);
    }
    expect(await contents(simulated)).toEqual(await contents(pglite));
  });

  await fc.assert(property, { seed: 20_260_101, numRuns: 200 });

  expect([...asked.keys()].sort()).toEqual(Object.keys(operations).sort());
});

function freshMemory(): Memory {
  return { claims: new Map(), teardowns: new Map(), readUpTo: new Map() };
}

/** Answers and errors alike; an error inside a transaction is caught there, as code might, and the transaction goes on. */
async function perform(store: Store, { asks, throws }: Step, memory: Memory): Promise<unknown> {
  const answers: unknown[] = [];
  const work = async (tx: Tx) => {
    for (const one of asks) answers.push(await answerTo(tx, memory, one));
    if (throws) throw new Error('second thoughts');
  };
  await store.transaction(work).catch((error: unknown) => answers.push({ error: codeOf(error) }));
  return answers;
}

async function answerTo(tx: Tx, memory: Memory, { name, a, b, c }: Ask): Promise<unknown> {
  try {
    const operation = operations[name];
    if (operation === undefined) throw new Error(`no operation ${name}`);
    return await operation(tx, memory, a, b, c);
  } catch (error) {
    return { error: codeOf(error) };
  }
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return 'code' in error ? error.code : error.message;
}

async function empty({ db }: Store): Promise<void> {
  for (const table of tableNames.filter((name) => tables[name])) await db.deleteFrom(table).execute();
}

/** All rows; of a log's numbers only the order. */
async function contents({ db }: Store): Promise<unknown> {
  const all: Record<string, unknown[]> = {};
  for (const table of tableNames) {
    const rows: Record<string, unknown>[] = await db.selectFrom(table).selectAll().execute();
    if (table === 'run_log') rows.sort((left, right) => Number(left.seq) - Number(right.seq));
    else rows.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
    all[table] = rows.map((row) => ({ ...row, seq: undefined }));
  }
  return all;
}
