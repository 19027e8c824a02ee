import { expect, test } from 'vitest';
import { once } from '../../src/runner/once.ts';

const forever = new AbortController().signal;

test('is made once for everybody', async () => {
  let made = 0;
  const get = once(async () => ++made, forever);

  expect(await Promise.all([get(forever), get(forever)])).toEqual([1, 1]);
  expect(await get(forever)).toBe(1);
});

test('whoever asked first and goes away takes nothing from the others', async () => {
  const ready = Promise.withResolvers<string>();
  const seen: AbortSignal[] = [];
  const get = once((signal) => {
    seen.push(signal);
    return ready.promise;
  }, forever);
  const first = new AbortController();
  const [left, stayed] = [get(first.signal), get(forever)];
  first.abort(new Error('superseded'));

  await expect(left).rejects.toThrow('superseded');
  ready.resolve('made');
  expect(await stayed).toBe('made');
  expect(seen).toEqual([forever]);
});

test('what failed is made again', async () => {
  let tries = 0;
  const get = once(async () => {
    tries += 1;
    if (tries === 1) throw new Error('not now');
    return tries;
  }, forever);

  await expect(get(forever)).rejects.toThrow('not now');
  expect(await get(forever)).toBe(2);
});
