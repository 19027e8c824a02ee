import { expect, test } from 'vitest';
import type { SuiteResult } from '../../src/suites/suite-result.ts';
import { awaitingApproval, conclusionOf, suiteConclusion } from '../../src/verdict/conclusion.ts';

const failure = { class: 'product' as const, code: 'X', message: 'm', remedy: 'r', evidence: [] };

test.each([
  ['passed', null, 'success', 'All 3 required suites passed'],
  ['flaky', null, 'success', 'Passed after retry'],
  ['failed', failure, 'failure', 'Failed: all 3 required suites passed'],
  ['failed', { ...failure, code: awaitingApproval }, 'action_required', 'Waiting: all 3 required suites passed'],
  ['errored', failure, 'failure', 'Not tested: all 3 required suites passed'],
  ['cancelled', null, 'cancelled', 'Cancelled: all 3 required suites passed'],
  ['skipped', null, 'neutral', 'Skipped: all 3 required suites passed'],
] as const)('%s (%o) concludes as %s', (verdict, cause, conclusion, title) => {
  const reason = 'All 3 required suites passed.';

  expect(conclusionOf({ verdict, reason, failure: cause })).toEqual({ conclusion, title });
});

test('without a verdict nothing is concluded', () => {
  expect(conclusionOf({ verdict: null, reason: '', failure: null })).toBeNull();
});

test.each<[SuiteResult['status'], boolean, string | null, string | null]>([
  ['pending', true, null, null],
  ['running', true, null, null],
  ['passed', true, 'success', 'Passed: 0 tests'],
  ['flaky', true, 'success', 'Passed after retry: 0 tests'],
  ['failed', true, 'failure', 'Failed: why'],
  ['failed', false, 'neutral', 'Failed: why'],
  ['errored', true, 'failure', 'Not tested: why'],
  ['errored', false, 'neutral', 'Not tested: why'],
  ['cancelled', true, 'cancelled', 'Cancelled: why'],
  ['skipped', true, 'neutral', 'Skipped: why'],
])('a suite that is %s (required: %s) concludes as %s', (status, required, conclusion, title) => {
  const suite: SuiteResult = {
    name: 's',
    kind: 'smoke',
    required,
    modified: false,
    status,
    reason: 'why',
    startedAt: null,
    durationMs: null,
    tests: [],
    artifacts: [],
  };

  expect(suiteConclusion(suite)).toEqual(conclusion === null ? null : { conclusion, title });
});
