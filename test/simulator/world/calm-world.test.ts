import { afterEach, expect, test } from 'vitest';
import { openWorld } from './open-world.ts';
import { calm } from './weather.ts';
import type { World } from './world.ts';

const minute = 60_000;
let world: World | undefined;

afterEach(() => {
  world?.end();
  world = undefined;
});

test('a change that is opened and closed: one run, its checks and comment, and its environment gone with a receipt', async () => {
  world = await openWorld({ seed: 1, replicas: 2, weather: calm });

  const change = world.openChange();
  await world.pass(5 * minute);
  const during = world.snapshot();
  world.close(change);
  const { isQuiet, left } = await world.settle(30 * minute);
  const after = world.snapshot();

  expect({ isQuiet, left }).toEqual({ isQuiet: true, left: [] });
  expect(during.checks.map(({ name, conclusion }) => [name, conclusion])).toEqual([
    ['greenroom', 'success'],
    ['greenroom / smoke', 'success'],
  ]);
  expect(after.comments).toHaveLength(1);
  expect(after.namespaces).toEqual([]);
  expect(after.stacks).toEqual([]);
  expect(after.rows.runs).toHaveLength(1);
  expect(after.rows.teardowns).toMatchObject([{ state: 'gone' }]);
});
