import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SuiteConfig } from '../../src/config/repository-config.ts';
import { assembleResult } from '../../src/suites/assemble-result.ts';
import { planSuites } from '../../src/suites/plan-suites.ts';
import { noPackages, type SuitePackages } from '../../src/suites/suite-packages.ts';
import { SuiteResult } from '../../src/suites/suite-result.ts';
import type { Finished } from '../../src/suites/suite-task.ts';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
const recorded: Record<string, string> = {
  'playwright.json': fixture('playwright-mixed.json'),
  'load.json': fixture('load-crossed.json'),
  'summary.json': fixture('load-crossed-summary.json'),
};

function assemble(
  kind: 'e2e' | 'load',
  finished: Partial<Finished> | null,
  outputs: Record<string, string>,
  own: SuitePackages = noPackages,
): SuiteResult {
  const suites = [SuiteConfig.parse({ name: 'suite', kind, path: 'suite' })];
  const images = { runner: 'r', browser: 'b', own: {} };
  const [suite] = planSuites({
    suites,
    modified: new Set(),
    images,
    runId: 'run-1',
    egress: [],
    packages: new Map([['suite', own]]),
  });
  if (!suite) throw new Error('nothing planned');
  const end: Finished = {
    ...{ outcome: 'completed', exitCode: 0, signal: null, startedAt: 1, finishedAt: 2, problem: null },
    ...{ outputTail: '', outOfMemory: false, ...finished },
  };
  const shard = { finished: finished && end, failure: null, readOutput: (name: string) => outputs[name] ?? null };
  const outcome = {
    suite,
    failure: null,
    shards: [shard],
    artifacts: [],
    startedAt: null,
    durationMs: null,
    overlapped: [],
  };
  return SuiteResult.parse(assembleResult(outcome));
}

test.each([
  [99, 'failed', undefined],
  [104, 'failed', 'LOAD_SCRIPT_BROKEN'],
  [107, 'failed', 'LOAD_SCRIPT_BROKEN'],
  [105, 'cancelled', 'SUITE_CANCELLED'],
  [109, 'failed', 'LOAD_CRASHED'],
])('k6’s exit code %i with a crossed threshold is %s', (exitCode, status, code) => {
  const result = assemble('load', { exitCode }, recorded);

  expect({ status: result.status, code: result.failure?.code }).toEqual({ status, code });
});

test.each([
  [104, 'test', 'LOAD_SCRIPT_BROKEN'],
  [107, 'test', 'LOAD_SCRIPT_BROKEN'],
  [109, 'infrastructure', 'LOAD_CRASHED'],
  [null, 'infrastructure', 'LOAD_CRASHED'],
])('k6’s exit code %s without results is errored, class %s', (exitCode, fault, code) => {
  const result = assemble('load', { exitCode }, {});

  expect(result).toMatchObject({ status: 'errored', failure: { class: fault, code } });
});

test('a suite over its time keeps its tests, and a red one among them stays red', () => {
  const result = assemble('e2e', { outcome: 'timed-out', exitCode: 130 }, recorded);

  expect(result).toMatchObject({ status: 'failed', failure: { code: 'SUITE_TIMEOUT' } });
  expect(result.tests).toHaveLength(3);
});

test('a child that was killed for memory is told apart from a red test', () => {
  const result = assemble('e2e', { exitCode: null, signal: 'SIGKILL', outOfMemory: true }, {});

  expect(result).toMatchObject({ status: 'errored', failure: { class: 'environment', code: 'SUITE_OUT_OF_MEMORY' } });
});

test('a shard that left nothing, and results that cannot be read, are never passed', () => {
  expect(assemble('e2e', null, {}).status).toBe('errored');
  expect(assemble('e2e', {}, { 'playwright.json': '{' })).toMatchObject({
    failure: { code: 'SUITE_RESULTS_UNREADABLE' },
  });
});

test.each([
  ['E2E_LOCK_BROKEN', 'test'],
  ['E2E_PACKAGE_MISSING', 'test'],
  ['E2E_BROWSER_MISSING', 'test'],
  ['E2E_INSTALL_TIMEOUT', 'environment'],
  ['E2E_PROXY_REFUSED', 'environment'],
  ['E2E_PROXY_UNREACHABLE', 'environment'],
  ['E2E_INSTALL_FAILED', 'infrastructure'],
  ['RUNNER_BROKEN', 'infrastructure'],
])('a suite that cannot start by %s is errored, class %s', (code, fault) => {
  const problem = { code, message: 'it says why', hint: 'a way out' };
  const outputTail = 'npm error x\n';

  const result = assemble('e2e', { outcome: 'broken', exitCode: null, problem, outputTail }, {});

  expect(result).toMatchObject({ status: 'errored', failure: { code, class: fault } });
  expect(result.failure?.evidence).toEqual(['a way out', 'npm error x']);
});

test('an install that was killed for memory is told by that', () => {
  const problem = { code: 'E2E_INSTALL_FAILED', message: 'it said nothing', hint: '' };

  const result = assemble('e2e', { outcome: 'broken', exitCode: null, problem, outOfMemory: true }, {});

  expect(result.failure?.code).toBe('SUITE_OUT_OF_MEMORY');
});

describe('an import that is not there is named with a way out', () => {
  const errors = [{ message: "Error: Cannot find package 'ms/x' imported from /work/in/e2e/a.spec.ts" }];
  const report = JSON.stringify({ config: { rootDir: '/work/in/e2e' }, errors });
  const missing = { names: ['ms'], reason: '"yarn.lock" is not supported', hint: 'Bring another.' };
  const own = { ...noPackages, missing };

  test.each<[string, SuitePackages, string, string]>([
    ['in general', noPackages, 'imports "ms/x", which is not there', 'suites[].image'],
    ['for the reason that is known', own, 'which is not there: "yarn.lock" is not supported', 'Bring another.'],
    [
      'not for the reason of another',
      { ...own, missing: { ...missing, names: ['yaml'] } },
      'imports "ms/x", which is not there',
      'suites[].image',
    ],
  ])('%s', (_, packages, message, hint) => {
    const result = assemble('e2e', { exitCode: 1 }, { 'playwright.json': report }, packages);

    expect(result).toMatchObject({ status: 'errored', failure: { class: 'test', code: 'E2E_IMPORT_MISSING' } });
    expect(result.failure?.message.endsWith(message)).toBe(true);
    expect(result.failure?.evidence[0]).toContain(hint);
  });

  test('also where a configuration imports it, before there is a report', () => {
    const outputTail = "Error: Cannot find module 'ms'\nRequire stack:\n- /work/in/e2e/playwright.config.ts\n";

    const result = assemble('e2e', { exitCode: 1, outputTail }, {}, own);

    expect(result.failure).toMatchObject({ code: 'E2E_IMPORT_MISSING', class: 'test' });
    expect(result.failure?.message).toContain('"yarn.lock" is not supported');
  });
});
