import { describe, expect, test } from 'vitest';
import type { SuiteResult, TestResult } from '../../src/suites/suite-result.ts';
import { type Evidence, judge } from '../../src/verdict/judge.ts';
import type { Failure } from '../../src/verdict/verdict-document.ts';

function aTest(part: Partial<TestResult> = {}): TestResult {
  return {
    id: 't',
    name: 'pays',
    file: null,
    line: null,
    project: null,
    status: 'passed',
    durationMs: 1,
    attempts: [],
    ...part,
  };
}

function aSuite(part: Partial<SuiteResult> = {}): SuiteResult {
  return {
    name: 'smoke',
    kind: 'smoke',
    required: true,
    modified: false,
    status: 'passed',
    startedAt: null,
    durationMs: null,
    tests: [aTest()],
    artifacts: [],
    ...part,
  };
}

const metrics = { requests: 10, rps: 1, errorRate: 0, p50Ms: 1, p95Ms: 2, p99Ms: 3, thresholds: [] };
const passed = aSuite();
const flaky = aSuite({ name: 'e2e', status: 'flaky' });
const failed = aSuite({
  name: 'shop',
  status: 'failed',
  tests: [aTest({ status: 'failed', message: 'no button' }), aTest()],
});
const errored = aSuite({ name: 'load', status: 'errored', tests: [] });
const optional = { required: false };

function failure(part: Partial<Failure> = {}): Failure {
  return { class: 'infrastructure', code: 'X', message: 'it broke', remedy: 'r', evidence: [], ...part };
}

function suiteWith(fault: 'product' | 'test' | 'infrastructure', modified: boolean): SuiteResult {
  return aSuite({
    status: 'errored',
    tests: [],
    modified,
    failure: { class: fault, code: 'C', message: 'm', evidence: [] },
  });
}

function evidence(part: Partial<Evidence>): Evidence {
  return {
    suites: [passed],
    notReady: null,
    error: null,
    cancelled: null,
    gate: null,
    missingRequired: [],
    notRun: [],
    skipped: null,
    ...part,
  };
}

test.each<[string, Partial<Evidence>, string, string | null]>([
  ['a passed suite', {}, 'passed', null],
  ['a flaky suite', { suites: [passed, flaky] }, 'flaky', null],
  ['a failed suite', { suites: [passed, failed] }, 'failed', 'SUITE_FAILED'],
  ['an errored suite', { suites: [passed, errored] }, 'errored', 'SUITE_ERRORED'],
  ['failed beside errored: no retry cures it', { suites: [errored, failed] }, 'failed', 'SUITE_FAILED'],
  ['failed beside flaky', { suites: [flaky, failed] }, 'failed', 'SUITE_FAILED'],
  ['errored beside flaky', { suites: [flaky, errored] }, 'errored', 'SUITE_ERRORED'],
  ['no suite at all', { suites: [] }, 'errored', 'NOTHING_TESTED'],
  ['a suite that ran no test', { suites: [aSuite({ tests: [] })] }, 'errored', 'EMPTY_SUITE'],
  [
    'a suite of skipped tests',
    { suites: [aSuite({ tests: [aTest({ status: 'skipped' })] })] },
    'errored',
    'EMPTY_SUITE',
  ],
  ['a load suite with requests and no tests', { suites: [aSuite({ tests: [], metrics })] }, 'passed', null],
  [
    'a load suite without a request',
    { suites: [aSuite({ tests: [], metrics: { ...metrics, requests: 0 } })] },
    'errored',
    'EMPTY_SUITE',
  ],
  ['a skipped suite', { suites: [aSuite({ status: 'skipped' })] }, 'errored', 'SUITE_ERRORED'],
  ['a cancelled suite', { suites: [aSuite({ status: 'cancelled' })] }, 'errored', 'SUITE_ERRORED'],
  ['a suite that still runs', { suites: [aSuite({ status: 'running' })] }, 'errored', 'SUITE_ERRORED'],
  ['a suite that never began', { suites: [aSuite({ status: 'pending' })] }, 'errored', 'SUITE_ERRORED'],
  ['an optional failed suite', { suites: [passed, { ...failed, ...optional }] }, 'passed', null],
  ['an optional errored suite', { suites: [passed, { ...errored, ...optional }] }, 'passed', null],
  ['an optional flaky suite', { suites: [passed, { ...flaky, ...optional }] }, 'passed', null],
  ['optional suites alone', { suites: [{ ...failed, ...optional }] }, 'passed', null],
  ['an application that crashed under the suite', { suites: [suiteWith('product', false)] }, 'failed', 'C'],
  ['a script that the change broke', { suites: [suiteWith('test', true)] }, 'failed', 'C'],
  ['a script that another broke', { suites: [suiteWith('test', false)] }, 'errored', 'C'],
  ['a pod that was evicted, of a changed suite', { suites: [suiteWith('infrastructure', true)] }, 'errored', 'C'],
  ['the change’s own container that exits', { suites: [], notReady: failure({ class: 'product' }) }, 'failed', 'X'],
  ['a dependency that is not there', { suites: [], notReady: failure({ class: 'environment' }) }, 'errored', 'X'],
  ['a node that is full', { suites: [], notReady: failure() }, 'errored', 'X'],
  ['a registry that does not answer', { error: failure({ code: 'REGISTRY' }) }, 'errored', 'REGISTRY'],
  ['an error beside a failed suite: what it says may be false', { suites: [failed], error: failure() }, 'errored', 'X'],
  [
    'a crash beside an error',
    { notReady: failure({ class: 'product', code: 'CRASH' }), error: failure() },
    'failed',
    'CRASH',
  ],
  ['a gate', { gate: failure({ code: 'GATE', class: 'environment' }) }, 'failed', 'GATE'],
  ['a gate beside an error', { gate: failure({ code: 'GATE' }), error: failure() }, 'failed', 'GATE'],
  ['a required suite that the change lacks', { missingRequired: ['e2e'] }, 'failed', 'REQUIRED_SUITE_MISSING'],
  ['a missing suite where nothing ran', { suites: [], missingRequired: ['e2e'] }, 'failed', 'REQUIRED_SUITE_MISSING'],
  ['a run of one suite', { notRun: ['e2e'] }, 'errored', 'PARTIAL_RUN'],
  ['a run of one suite that failed', { suites: [failed], notRun: ['e2e'] }, 'failed', 'SUITE_FAILED'],
  [
    'a cancelled run, whatever it found',
    { suites: [failed], cancelled: 'replaced', error: failure() },
    'cancelled',
    null,
  ],
  ['a run that a rule skips', { suites: [], skipped: 'a draft' }, 'skipped', null],
])('%s', (_, part, verdict, code) => {
  const judgement = judge(evidence(part));

  expect([judgement.verdict, judgement.failure?.code ?? null]).toEqual([verdict, code]);
  expect(judgement.reason).toMatch(/^[^a-z].*[^.]\.$/);
});

describe('the reason is one sentence that', () => {
  test.each<[string, Partial<Evidence>, string]>([
    ['counts the failed tests', { suites: [failed] }, 'Suite "shop" failed 1 of 2 tests.'],
    ['names the flaky suites', { suites: [flaky, passed] }, 'Passed after retry in "e2e".'],
    [
      'tells the other red suites as well',
      { suites: [failed, errored] },
      'Suite "shop" failed 1 of 2 tests; suite "load" could not be told.',
    ],
    [
      'tells of optional ones',
      { suites: [passed, { ...failed, ...optional }] },
      'The required suite passed; optional suite "shop" failed 1 of 2 tests.',
    ],
    ['counts the passed', { suites: [passed, aSuite({ name: 'b' })] }, 'All 2 required suites passed.'],
    [
      'says that nothing gates',
      { suites: [{ ...passed, ...optional }] },
      'No suite is required, so none stands against this change.',
    ],
    [
      'names the crossed threshold',
      {
        suites: [
          aSuite({
            name: 'browse',
            status: 'failed',
            tests: [],
            metrics: {
              ...metrics,
              thresholds: [{ metric: 'http_req_duration', expression: 'p(95)<300', ok: false, actual: 412 }],
            },
          }),
        ],
      },
      'Suite "browse" crossed http_req_duration p(95)<300.',
    ],
    [
      'names what was left out',
      { notRun: ['e2e', 'load'] },
      'What ran passed, but "e2e", "load" were not part of this run.',
    ],
    [
      'repeats a failure’s message',
      { notReady: failure({ class: 'product', message: 'web exits with code 1.' }) },
      'Web exits with code 1.',
    ],
  ])('%s', (_, part, reason) => {
    expect(judge(evidence(part)).reason).toBe(reason);
  });
});

test('a failure carries the class of its tests and what they said', () => {
  const suite = aSuite({ status: 'failed', tests: [aTest({ status: 'failed', class: 'test', message: 'selector' })] });

  expect(judge(evidence({ suites: [suite] })).failure).toMatchObject({ class: 'test', evidence: ['pays: selector'] });
});
