import { expect, test } from 'vitest';
import { fuzz, mostGrownBytes } from './fuzz.ts';

/** `npm run test:long` goes on for ten minutes of processor time. */
const cpuSeconds = 3;
const seed = Date.now() % 2 ** 31;

test('deliveries of every kind of wrong shape are answered, and nothing of them stays', async () => {
  const { answers, wrong, unhandled, accepted, stored, grownBytes } = await fuzz(cpuSeconds, seed);

  expect(wrong, `seed ${seed}`).toEqual([]);
  expect(unhandled).toEqual([]);
  // It reached what is behind the gate, and was refused for each reason that there is.
  expect([...answers.keys()].sort()).toEqual([202, 400, 401, 415]);
  expect(stored).toBe(accepted);
  expect(grownBytes).toBeLessThan(mostGrownBytes);
});
