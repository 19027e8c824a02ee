import { expect, test } from 'vitest';
import { teardownPauseMs } from '../../src/teardown/teardown-pause.ts';

test.each([
  [0, 30],
  [1, 30],
  [2, 60],
  [3, 120],
  [6, 960],
  [7, 1_800],
  [8, 1_800],
  [5_000, 1_800],
])('after %d attempts a blocked teardown rests for %d s', (attempts, seconds) => {
  expect(teardownPauseMs(attempts)).toBe(seconds * 1_000);
});
