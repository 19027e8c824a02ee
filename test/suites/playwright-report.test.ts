import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parsePlaywrightReport } from '../../src/suites/playwright-report.ts';

const recorded = readFileSync(join(import.meta.dirname, 'fixtures/playwright-mixed.json'), 'utf8');

test('a recorded report tells passed, flaky and failed apart, with ids that do not depend on where it ran', () => {
  const { tests } = parsePlaywrightReport(recorded);

  expect(tests.map(({ id, status }) => `${id} ${status}`)).toEqual([
    'e2e:e2e/a.spec.ts:greets: passed',
    'e2e:e2e/a.spec.ts:is flaky: flaky',
    'e2e:e2e/a.spec.ts:fails: failed',
  ]);
});

test('a flaky test keeps both attempts and is nobody’s failure', () => {
  const flaky = parsePlaywrightReport(recorded).tests[1];

  expect(flaky?.attempts.map(({ status }) => status)).toEqual(['failed', 'passed']);
  expect(flaky?.class).toBe('flaky');
});

test('a failed test says what was expected in plain text, and names its trace among the artifacts', () => {
  const failed = parsePlaywrightReport(recorded).tests[2];

  expect(failed).toMatchObject({ class: 'product', file: 'e2e/a.spec.ts', line: 4, project: null });
  expect(failed?.message).toContain('Expected: "Bye"');
  expect(failed?.message).not.toContain('\u001b');
  expect(failed?.evidence).toContainEqual(expect.stringMatching(/^trace: test-results\/.+trace\.zip$/));
});

test('what a test printed does not pass for a result', () => {
  const { tests } = parsePlaywrightReport(recorded);

  expect(tests).toHaveLength(3);
  expect(recorded).toContain('\\"kind\\":\\"finished\\"');
});

test.each(['', 'not json', '{"suites": 3}'])('the report %j is refused, not taken for an empty one', (content) => {
  expect(() => parsePlaywrightReport(content)).toThrow();
});
