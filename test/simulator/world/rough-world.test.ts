import { afterEach, expect, test } from 'vitest';
import { openWorld } from './open-world.ts';
import { calm, rough, type Weather } from './weather.ts';
import type { World } from './world.ts';

const minute = 60_000;
let world: World | undefined;

afterEach(() => {
  world?.end();
  world = undefined;
});

/** A few changes, with about everything that people and misfortune can do to them. */
async function aRoughHour(seed: number): Promise<World> {
  const opened = await openWorld({ seed, replicas: 3, weather: rough });
  world = opened;
  const first = opened.openChange();
  await opened.pass(4_000);
  opened.sameHead(first);
  const second = opened.openChange({ config: 'two-suites' });
  opened.killReplica('a', 9_000);
  await opened.pass(12_000);
  opened.push(first);
  opened.freezeReplica('b', 40_000);
  await opened.pass(20_000);
  opened.comment(second, '/greenroom redeploy', 'writer');
  opened.databaseOutage(5_000);
  await opened.pass(minute);
  for (const change of opened.snapshot().changes) opened.close(change);
  return opened;
}

async function historyOf(seed: number): Promise<string> {
  const { history, end } = await aRoughHour(seed);
  end();
  world = undefined;
  return JSON.stringify(history.entries);
}

test('the same seed makes the same history, to the last byte, and another seed another', async () => {
  const [one, again, other] = [await historyOf(1), await historyOf(1), await historyOf(2)];

  expect(again).toBe(one);
  expect(other).not.toBe(one);
});

test('when the weather clears, everything comes to an end and nothing is left', async () => {
  const { settle, snapshot } = await aRoughHour(3);

  const { isQuiet, left } = await settle(60 * minute);

  const { namespaces, stacks, rows } = snapshot();
  expect({ isQuiet, left, namespaces, stacks }).toEqual({ isQuiet: true, left: [], namespaces: [], stacks: [] });
  expect(rows.runs.length).toBeGreaterThan(2);
});

/** Nothing is created when the player is killed, and its child's first request arrives nevertheless. */
const landsLate: Weather = { ...calm, provisioning: { ...calm.provisioning, stepMs: [11_000, 11_000], landsLate: 1 } };

test('who is killed while it provisions leaves an environment behind, which others take away', async () => {
  world = await openWorld({ seed: 4, replicas: 2, weather: landsLate });
  world.openChange();
  const provisions = () =>
    world?.history.entries.find((entry) => entry.kind === 'act-begun' && entry.act === 'provision');
  while (provisions() === undefined) await world.pass(1_000);

  world.killReplica(provisions()?.owner ?? '', 300_000);
  await world.pass(2 * minute);
  const { isQuiet } = await world.settle(30 * minute);

  const created = world.history.entries.filter((entry) => entry.kind === 'namespace-created');
  expect(isQuiet).toBe(true);
  expect(created.some((entry) => entry.isLate)).toBe(true);
  expect(world.snapshot().namespaces).toEqual([]);
  expect(world.snapshot().checks.map(({ conclusion }) => conclusion)).not.toContain(null);
});
