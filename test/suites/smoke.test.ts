import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { subsetDifference } from '../../runner/subset-match.ts';
import type { Task } from '../../runner/task.ts';
import { readSmokeList } from '../../src/suites/smoke-list.ts';
import { parseSmokeReport } from '../../src/suites/smoke-result.ts';
import type { SuiteTask } from '../../src/suites/suite-task.ts';

test('a recorded report becomes tests with the reason of the red ones', () => {
  const recorded = readFileSync(join(import.meta.dirname, 'fixtures/smoke-mixed.json'), 'utf8');

  const tests = parseSmokeReport(recorded, 'smoke.yaml');

  expect(tests.map(({ id, status }) => `${id} ${status}`)).toEqual([
    'smoke:smoke.yaml:ok passed',
    'smoke:smoke.yaml:json failed',
    'smoke:smoke.yaml:a check failed',
  ]);
  expect(tests[1]?.message).toBe('json $.ok: expected false, got true');
});

test('a list has defaults, and knows its lines', () => {
  const read = readSmokeList(
    '- path: /\n- name: two\n  path: /b\n  json: { a: 1 }\n  expect: { status: 201, within: 2s }\n',
    's.yaml',
  );

  expect(read).toMatchObject({
    checks: [
      { name: 'GET /', line: 1, method: 'GET', expect: { status: [], withinMs: null } },
      {
        name: 'two',
        line: 2,
        body: '{"a":1}',
        headers: { 'content-type': 'application/json' },
        expect: { status: [201], withinMs: 2000 },
      },
    ],
  });
});

test('all problems of a list come at once, with lines and suggestions', () => {
  const read = readSmokeList(
    '- path: //evil.example/\n- paht: /\n- path: /\n  expect: { statuss: 200, within: soon }\n',
    's.yaml',
  );

  const problems = 'problems' in read ? read.problems : [];
  expect(problems.map((problem) => problem.line)).toEqual(expect.arrayContaining([1, 2, 4]));
  expect(problems.map((problem) => problem.message).join('\n')).toContain('unknown key "statuss"');
  expect(problems.find((problem) => problem.message.includes('statuss'))?.suggestion).toContain('status');
});

test.each(['[]', '{}', 'a: [', ''])('the list %j is refused', (text) => {
  expect(readSmokeList(text, 's.yaml')).toHaveProperty('problems');
});

test.each([
  [{ a: 1 }, { a: 1, b: 2 }, null],
  [{ a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 2, d: 3 }] } }, null],
  [{ a: 1 }, { a: 2 }, '$.a: expected 1, got 2'],
  [{ a: null }, {}, '$.a: is not there, expected null'],
  [[1], [1, 2], '$: expected 1 elements, got 2'],
  [{ a: 1 }, [1], '$: expected an object, got [1]'],
  [{ constructor: 1 }, {}, '$.constructor: is not there, expected 1'],
])('%j in %j: %s', (expected, actual, difference) => {
  expect(subsetDifference(expected, actual)).toBe(difference);
});

test('the task that Greenroom writes is the one that the runner reads', () => {
  const sent: SuiteTask = {} as SuiteTask;
  const read: Task = sent;
  const back: SuiteTask = read;

  expect(back).toBe(sent);
});
