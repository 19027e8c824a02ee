import { expect, test } from 'vitest';
import { lifetimeOf } from '../../src/run/lifetime.ts';

const hour = 3_600_000;

test.each([
  ['as long as asked after its last use', { activeAt: 5 * hour, forMs: 2 * hour, bornAt: hour }, 7 * hour, null],
  ['exactly as long as allowed', { activeAt: 5 * hour, forMs: 4 * hour, bornAt: hour }, 9 * hour, null],
  [
    'never longer after its creation than allowed',
    { activeAt: 5 * hour, forMs: 5 * hour, bornAt: hour },
    9 * hour,
    8 * hour,
  ],
  [
    'no longer than allowed before it has room',
    { activeAt: 5 * hour, forMs: 9 * hour, bornAt: null },
    13 * hour,
    8 * hour,
  ],
  ['not at all where its time is up', { activeAt: 12 * hour, forMs: hour, bornAt: hour }, 9 * hour, 8 * hour],
])('an environment stands %s', (_, life, until, longestMs) => {
  expect(lifetimeOf({ ...life, mostMs: 8 * hour })).toEqual({ until, longestMs });
});
