import { mergeLoad } from './k6-result.ts';
import { packageNameOf } from './package-imports.ts';
import type { PlannedSuite } from './planned-suite.ts';
import { parsePlaywrightReport } from './playwright-report.ts';
import { parseSmokeReport } from './smoke-result.ts';
import { cancelledFailure, failureField, type SuiteFailure } from './suite-failure.ts';
import type { Artifact, SuiteResult } from './suite-result.ts';
import type { Finished } from './suite-task.ts';
import { statusOfTests } from './test-status.ts';

/** What came back from one shard. */
export interface ShardOutcome {
  finished: Finished | null;
  failure: SuiteFailure | null;
  /** Text of a result file, or null where it was not written. @throws RangeError when it is too large to be read */
  readOutput: (name: string) => string | null;
}

export interface SuiteOutcome {
  suite: PlannedSuite;
  failure: SuiteFailure | null;
  shards: ShardOutcome[];
  artifacts: Artifact[];
  startedAt: string | null;
  durationMs: number | null;
  overlapped: string[];
}

/** Whose turn it is when a suite cannot even start; that of its files, where it is not said. */
const faultsOfProblems: Record<string, SuiteFailure['class']> = {
  RUNNER_BROKEN: 'infrastructure',
  E2E_INSTALL_FAILED: 'infrastructure',
  E2E_INSTALL_TIMEOUT: 'environment',
  E2E_PROXY_REFUSED: 'environment',
  E2E_PROXY_UNREACHABLE: 'environment',
};

type Findings = Pick<SuiteResult, 'tests' | 'metrics' | 'endpoints'> & { failure: SuiteFailure | null };

/** PURE. One suite's part of the verdict contract, from what its shards left behind. Never throws. */
export function assembleResult(outcome: SuiteOutcome): SuiteResult {
  const { suite, artifacts, startedAt, durationMs, overlapped } = outcome;
  const findings = outcome.failure ? nothing(outcome.failure) : findingsOf(outcome);
  const { failure, tests, metrics, endpoints } = findings;
  const ofTests = statusOfTests(tests);
  // A test that failed stays failed, whatever happened to the suite afterwards; a cancelled suite says nothing.
  const status =
    failure === null ? ofTests : failure.status !== 'cancelled' && ofTests === 'failed' ? 'failed' : failure.status;
  return {
    name: suite.config.name,
    kind: suite.config.kind,
    required: suite.config.required,
    modified: suite.modified,
    status: status ?? 'passed',
    ...(failure ? { reason: failure.message, failure: failureField(failure) } : {}),
    startedAt,
    durationMs,
    tests,
    ...(metrics ? { metrics } : {}),
    ...(endpoints ? { endpoints } : {}),
    artifacts,
    ...(overlapped.length > 0 ? { overlapped } : {}),
  };
}

function nothing(failure: SuiteFailure): Findings {
  return { failure, tests: [] };
}

function findingsOf(outcome: SuiteOutcome): Findings {
  const { suite, shards } = outcome;
  const troubles = shards
    .map((shard) => shard.failure ?? failureOfEnd(shard.finished, suite))
    .filter((one) => one !== null);
  try {
    const parsed = parse(outcome);
    return { ...parsed, failure: worst(troubles) ?? parsed.failure };
  } catch (error) {
    const known = worst(troubles);
    if (known) return nothing(known);
    const message = `suite "${suite.config.name}" left results that cannot be read: ${String(error).slice(0, 300)}`;
    return nothing(trouble('errored', 'infrastructure', 'SUITE_RESULTS_UNREADABLE', message, tailOf(shards)));
  }
}

function parse({ suite, shards }: SuiteOutcome): Findings {
  switch (suite.config.kind) {
    case 'smoke':
      return {
        tests: reports(shards, 'smoke.json').flatMap((one) => parseSmokeReport(one, suite.config.path)),
        failure: null,
      };
    case 'e2e':
      return parseE2e(suite, shards);
    case 'load':
      return parseLoad(suite, shards);
    default:
      return suite.config.kind satisfies never;
  }
}

function parseE2e(suite: PlannedSuite, shards: ShardOutcome[]): Findings {
  const parsed = reports(shards, 'playwright.json').map(parsePlaywrightReport);
  const tests = parsed.flatMap((one) => one.tests);
  const errors = [...new Set(parsed.flatMap((one) => one.errors))];
  if (errors.length > 0) return { tests, failure: brokenE2e(suite, errors) };
  if (tests.length > 0) return { tests, failure: null };
  const message = `suite "${suite.config.name}" has no tests`;
  return { tests, failure: trouble('errored', 'test', 'E2E_NO_TESTS', message, tailOf(shards)) };
}

function parseLoad(suite: PlannedSuite, shards: ShardOutcome[]): Findings {
  const measured = shards.flatMap((shard) => {
    const load = shard.readOutput('load.json');
    return load === null ? [] : [{ load, summary: shard.readOutput('summary.json') }];
  });
  if (measured.length === 0) return { tests: [], failure: null };
  const { metrics, endpoints, tests } = mergeLoad(measured, suite.config.path);
  const requests = metrics.requests > 0 || tests.length > 0;
  const message = `suite "${suite.config.name}" sent no request`;
  const failure = requests ? null : trouble('errored', 'test', 'LOAD_NO_REQUESTS', message, tailOf(shards));
  return { tests, metrics, endpoints, failure };
}

function reports(shards: ShardOutcome[], name: string): string[] {
  return shards.flatMap((shard) => shard.readOutput(name) ?? []);
}

/** What the wrapper says about the end of a shard; null when its tests tell everything. */
function failureOfEnd(finished: Finished | null, suite: PlannedSuite): SuiteFailure | null {
  const { name, kind } = suite.config;
  if (!finished) return trouble('errored', 'infrastructure', 'SUITE_LOST', `suite "${name}" left no results`, []);
  const evidence = lines(finished.outputTail);
  if (finished.outcome === 'cancelled') return cancelledFailure(name);
  if (finished.outcome === 'timed-out') {
    const message = `suite "${name}" was over its time of ${suite.config.timeout} and ended early`;
    return trouble('errored', 'test', 'SUITE_TIMEOUT', message, evidence);
  }
  // Before the problem: a child that was killed has none of its own.
  if (finished.outOfMemory) {
    const message = `a process of suite "${name}" was killed for memory; raise suites[].resources.memory`;
    return trouble('errored', 'environment', 'SUITE_OUT_OF_MEMORY', message, evidence);
  }
  if (finished.problem) {
    const { code, message, hint } = finished.problem;
    return trouble(
      'errored',
      faultsOfProblems[code] ?? 'test',
      code,
      `suite "${name}" cannot run: ${message}`.slice(0, 1000),
      [hint, ...evidence].filter(Boolean),
    );
  }
  if (kind === 'load') return failureOfK6(finished, suite, evidence);
  if (kind === 'e2e' && finished.exitCode !== 0 && finished.exitCode !== 1) {
    const how = finished.signal ? `signal ${finished.signal}` : `exit code ${finished.exitCode}`;
    return trouble(
      'errored',
      'infrastructure',
      'E2E_CRASHED',
      `Playwright ended by ${how} in suite "${name}"`,
      evidence,
    );
  }
  if (kind === 'e2e' && finished.exitCode === 1 && isImportError(finished.outputTail))
    return brokenE2e(suite, evidence);
  return null;
}

/** reference: k6's `errext/exitcodes`. 0 passed, 99 thresholds, 110 marked failed; 104 and 107 are the script's own fault. */
function failureOfK6(finished: Finished, suite: PlannedSuite, evidence: string[]): SuiteFailure | null {
  const { name } = suite.config;
  switch (finished.exitCode) {
    case 0:
    case 99:
      return null;
    case 108:
    case 110:
      return trouble(
        'failed',
        'product',
        'LOAD_MARKED_FAILED',
        `the script of suite "${name}" marked the test as failed`,
        evidence,
      );
    case 104:
    case 107:
      return trouble('errored', 'test', 'LOAD_SCRIPT_BROKEN', `the script of suite "${name}" cannot run`, evidence);
    case 103:
    case 105:
      return cancelledFailure(name);
    default: {
      const how = finished.signal ? `signal ${finished.signal}` : `exit code ${finished.exitCode}`;
      return trouble('errored', 'infrastructure', 'LOAD_CRASHED', `k6 ended by ${how} in suite "${name}"`, evidence);
    }
  }
}

function isImportError(text: string): boolean {
  return /Cannot find (module|package) /.test(text);
}

function brokenE2e(suite: PlannedSuite, errors: string[]): SuiteFailure {
  const { name } = suite.config;
  const first = errors.find((error) => isImportError(error)) ?? errors[0] ?? '';
  if (!isImportError(first))
    return trouble(
      'errored',
      'test',
      'E2E_BROKEN',
      `suite "${name}" cannot run: ${first}`.slice(0, 1000),
      errors.slice(0, 10),
    );
  const module = /Cannot find (?:module|package) '([^']+)'/.exec(first)?.[1] ?? 'a module';
  const { reason, hint } = whyMissing(suite, module);
  const message = `suite "${name}" imports "${module}", which is not there${reason}`.slice(0, 1000);
  return trouble('errored', 'test', 'E2E_IMPORT_MISSING', message, [hint, ...errors.slice(0, 10)]);
}

function whyMissing({ packages }: PlannedSuite, module: string): { reason: string; hint: string } {
  const { missing } = packages;
  if (missing?.names.includes(packageNameOf(module) ?? ''))
    return { reason: `: ${missing.reason}`, hint: missing.hint };
  const hint =
    'Tests may import @playwright/test, Node’s own modules, files of the repository and packages of its package-lock.json; for more, name an image of your own in suites[].image.';
  return { reason: '', hint };
}

/** The shard that says most: a broken script before a lost pod, and anything before a cancellation. */
function worst(failures: SuiteFailure[]): SuiteFailure | null {
  const order = ['failed', 'errored', 'cancelled'] as const;
  return order.map((status) => failures.find((one) => one.status === status)).find((one) => one !== undefined) ?? null;
}

function trouble(
  status: SuiteFailure['status'],
  fault: SuiteFailure['class'],
  code: string,
  message: string,
  evidence: string[],
): SuiteFailure {
  return { status, class: fault, code, message, evidence };
}

function tailOf(shards: ShardOutcome[]): string[] {
  return shards.flatMap((shard) => lines(shard.finished?.outputTail ?? '')).slice(-20);
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-20);
}
