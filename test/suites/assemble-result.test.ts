import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SuiteConfig } from '../../src/config/repository-config.ts';
import { assembleResult } from '../../src/suites/assemble-result.ts';
import { planSuites } from '../../src/suites/plan-suites.ts';
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
): SuiteResult {
  const suites = [SuiteConfig.parse({ name: 'suite', kind, path: 'suite' })];
  const images = { runner: 'r', browser: 'b', own: {} };
  const [suite] = planSuites({ suites, modified: new Set(), images, runId: 'run-1', egress: [] });
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
