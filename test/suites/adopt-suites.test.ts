import { expect, test } from 'vitest';
import { howFarOf } from '../../src/suites/adopt-suites.ts';
import type { Standing } from '../../src/suites/suite-pod.ts';

const cases: [Standing[], ReturnType<typeof howFarOf>, string][] = [
  [['warm', 'warm'], 'waiting', 'all wait for go'],
  [['warm', 'broken'], 'waiting', 'what ended without go waits for nothing'],
  [['broken', 'broken'], 'waiting', 'there is nothing left to release'],
  [['begun', 'begun'], 'begun', 'go has reached all'],
  [['begun', 'broken'], 'begun', 'go has reached all that could hear it'],
  [['begun', 'warm'], null, 'one has used the database that the other waits for'],
  [['warm', 'unready'], null, 'one was never prepared'],
  [['begun', 'unready'], null, 'one was never prepared, and the database is used'],
  [[], 'waiting', 'no pods were ever needed'],
];

test.each(cases)('shards that are %j come to %j: %s', (standings, howFar) => {
  expect(howFarOf(standings)).toBe(howFar);
});
