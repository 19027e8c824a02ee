import { expect, test } from 'vitest';
// @ts-expect-error plain JavaScript without types: it runs before anything is installed
import { sumUp } from '../../tools/gate-result.mjs';

const green = [
  { title: 'types', code: 0 },
  { title: 'biome', code: 0 },
];

function report(passed: number, failed: number, files: object[] = [], pending = 0) {
  return { numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, testResults: files };
}
const redFile = { name: 'a.test.ts', status: 'failed', assertionResults: [{ status: 'failed' }] };
const unreadFile = { name: 'b.test.ts', status: 'failed', message: 'SyntaxError: no\nat x', assertionResults: [] };

test.each([
  ['all green', green, report(10, 0), 0, 12, 0, []],
  [
    'a red check',
    [
      { title: 'types', code: 2 },
      { title: 'biome', code: 0 },
    ],
    report(10, 0),
    0,
    11,
    1,
    ['failed: types'],
  ],
  ['red tests', green, report(8, 2, [redFile]), 1, 10, 2, []],
  ['a file that cannot be read', green, report(8, 0, [unreadFile]), 1, 10, 1, ['failed: b.test.ts: SyntaxError: no']],
  ['vitest crashed', green, null, -1, 2, 1, ['failed: vitest ended with -1 and no report']],
  ['no tests found', green, report(0, 0), 0, 2, 1, ['failed: vitest found no tests']],
  ['an unhandled error', green, report(10, 0), 1, 12, 1, ['failed: vitest ended with 1 although no test is red']],
  [
    'an unhandled error beside a red check',
    [{ title: 'types', code: 2 }],
    report(10, 0),
    1,
    10,
    2,
    ['failed: types', 'failed: vitest ended with 1 although no test is red'],
  ],
  ['skipped tests', green, report(9, 0, [], 3), 0, 11, 0, ['3 skipped']],
])('%s', (_, checks, given, code, passed, failed, lines) => {
  expect(sumUp(checks, given, code)).toEqual({ lines, passed, failed });
});
