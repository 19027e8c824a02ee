import { expect, test } from 'vitest';
import { Bell, imagesOfRepository } from '../../src/runner/bell.ts';

const long = 60_000;
const noSignal = new AbortController().signal;

test('a ring ends every wait for the same thing, and no other', async () => {
  const bell = new Bell();
  let others = 0;
  const stop = new AbortController();
  const other = bell.wait('b', long, stop.signal).finally(() => {
    others += 1;
  });
  const waits = Promise.all([bell.wait('a', long, noSignal), bell.wait('a', long, noSignal)]);
  bell.ring('a');
  await waits;

  expect(others).toBe(0);
  stop.abort(new Error('enough'));
  await expect(other).rejects.toThrow('enough');
});

test('a ring that nobody waits for is heard by nobody', async () => {
  const bell = new Bell();
  bell.ring('a');
  const startedAt = performance.now();
  await bell.wait('a', 30, noSignal);

  expect(performance.now() - startedAt).toBeGreaterThan(20);
});

test('a wait ends with its signal, before it and during it', async () => {
  const bell = new Bell();
  const stop = new AbortController();
  const wait = bell.wait('a', long, stop.signal);
  stop.abort(new Error('enough'));

  await expect(wait).rejects.toThrow('enough');
  await expect(bell.wait('a', long, stop.signal)).rejects.toThrow('enough');
});

test('a repository is the same whatever the case of its name', () => {
  expect(imagesOfRepository('Acme/Shop')).toBe(imagesOfRepository('acme/shop'));
});
