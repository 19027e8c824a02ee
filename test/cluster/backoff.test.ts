import { expect, test } from 'vitest';
import { deathsInARow, restartDelayMs } from '../../src/cluster/node/backoff.ts';

test.each([
  [1, 100],
  [2, 250],
  [3, 500],
  [7, 8000],
  [8, 10_000],
  [1000, 10_000],
])('after death %i in a row a part waits %i ms', (deaths, expected) => {
  expect(restartDelayMs(deaths)).toBe(expected);
});

test('a part that ran for half a minute begins to count anew', () => {
  expect(deathsInARow(6, 29_999)).toBe(7);
  expect(deathsInARow(6, 30_000)).toBe(1);
});
