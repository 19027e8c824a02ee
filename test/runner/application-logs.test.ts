import { describe, expect, test } from 'vitest';
import { parseLines, withApplicationLog } from '../../src/runner/application-logs.ts';
import type { SuiteResult, TestResult } from '../../src/suites/suite-result.ts';

const start = '2026-01-01T00:00:10.000Z';

function aTest(over: Partial<TestResult> = {}): TestResult {
  const attempts = [{ status: 'failed' as const, startedAt: start, durationMs: 2_000 }];
  return {
    id: 't',
    name: 'buys',
    file: null,
    line: null,
    project: null,
    status: 'failed',
    durationMs: 2_000,
    attempts,
    ...over,
  };
}

function aSuite(...tests: TestResult[]): SuiteResult {
  return {
    name: 'shopping',
    kind: 'e2e',
    required: true,
    modified: false,
    status: 'failed',
    startedAt: start,
    durationMs: 2_000,
    tests,
    artifacts: [],
  };
}

const log = [
  '2026-01-01T00:00:01.000000000Z before',
  '2026-01-01T00:00:10.500000000Z {"status":200}',
  '2026-01-01T00:00:11.250000000Z {"status":500,"message":"total is NaN for s3cret"}',
  '2026-01-01T00:00:30.000000000Z after',
  'no time at all',
].join('\n');

describe('what the application logged while a test was red', () => {
  test('is only what lies in the window of its attempts, telling lines before others', () => {
    const { tests } = withApplicationLog(aSuite(aTest()), parseLines(log, 'api-1/api'), (text) => text);

    expect(tests[0]?.evidence).toEqual(['api-1/api: {"status":500,"message":"total is NaN for s3cret"}']);
  });

  test('falls back to the last lines where none tells anything', () => {
    const calm = parseLines(log.replace('"status":500,', ''), 'api-1/api').filter(({ text }) => !text.includes('NaN'));

    const { tests } = withApplicationLog(aSuite(aTest()), calm, (text) => text);

    expect(tests[0]?.evidence).toEqual(['api-1/api: {"status":200}']);
  });

  test('passes through the redaction and is bounded', () => {
    const long = parseLines(`2026-01-01T00:00:11.000Z error ${'x'.repeat(5_000)} s3cret`, 'api-1/api');
    const secret = parseLines(log, 'api-1/api');

    const { tests } = withApplicationLog(aSuite(aTest()), [...secret, ...long], (text) =>
      text.replaceAll('s3cret', '***'),
    );

    expect(tests[0]?.evidence?.join('\n')).not.toContain('s3cret');
    expect(Math.max(...(tests[0]?.evidence ?? []).map((line) => line.length))).toBe(240);
  });

  test('leaves green tests and tests without a time alone', () => {
    const green = aTest({ status: 'passed' });
    const timeless = aTest({ attempts: [{ status: 'failed', durationMs: 5 }] });

    const { tests } = withApplicationLog(aSuite(green, timeless), parseLines(log, 'api-1/api'), (text) => text);

    expect(tests).toEqual([green, timeless]);
  });
});
