import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createPrecedence, isRush, pauseAfter } from '../../src/store/precedence.ts';

const going = new AbortController().signal;
const every = (ms: number, count: number) => Array.from({ length: count }, (_, index) => index * ms);

test.each([
  ['nothing came', [], 0, false],
  ['one push with its events', every(1, 9), 9, false],
  ['ten within a quarter of a second', every(25, 10), 225, true],
  ['ten a second', every(100, 10), 900, false],
  ['a rush that is over', every(1, 10), 251, false],
])('%s: a rush or not', (_title, arrivals, now, expected) => {
  expect(isRush(arrivals, now)).toBe(expected);
});

test.each([
  [1, 20],
  [50, 200],
  [60_000, 5_000],
])('after work of %i ms comes a pause of %i ms', (tookMs, pauseMs) => {
  expect(pauseAfter(tookMs)).toBe(pauseMs);
});

test('when it is calm, work goes side by side', async () => {
  const precedence = createPrecedence(() => 0);
  const gate = Promise.withResolvers<void>();
  const hanging = precedence.inTurn(() => gate.promise, going);

  expect(await precedence.inTurn(async () => 'second', going)).toBe('second');
  gate.resolve();
  await hanging;
});

test('in a rush work goes one by one, failures too, and at full speed when it is over', async () => {
  let now = 0;
  const precedence = createPrecedence(() => now);
  for (let count = 0; count < 10; count++) precedence.arrived();
  const begun: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = precedence.inTurn(async () => {
    begun.push('first');
    await gate.promise;
    throw new Error('did not work');
  }, going);
  const second = precedence.inTurn(async () => begun.push('second'), going);
  await turnOfTheLoop();

  expect([precedence.rush(), begun]).toEqual([true, ['first']]);
  now = 1_000;
  gate.resolve();
  await expect(first).rejects.toThrow('did not work');
  await second;
  expect([precedence.rush(), begun]).toEqual([false, ['first', 'second']]);
});
