import type { SuiteResult, TestResult } from '../suites/suite-result.ts';
import type { Failure } from './verdict-document.ts';

/** Only somebody who edits the change can cure it: a failed suite, a crashed application, a script that the change broke. */
export function demandsOnChange(suite: SuiteResult): boolean {
  if (suite.status === 'failed') return true;
  if (suite.status !== 'errored') return false;
  return suite.failure?.class === 'product' || (suite.failure?.class === 'test' && suite.modified);
}

/** A suite that is not green, as the run's failure. */
export function suiteFailure(suite: SuiteResult): Failure {
  const message = `suite "${suite.name}" ${stateOf(suite)}`;
  if (suite.failure) {
    const { class: fault, code, evidence } = suite.failure;
    return { class: fault, code, message: `${message}: ${suite.failure.message}`, remedy: remedyOf(fault), evidence };
  }
  const reds = suite.tests.filter(isRed);
  if (suite.status === 'failed') {
    const fault = reds.find((test) => test.class)?.class ?? 'product';
    const evidence = reds.slice(0, 5).map((test) => `${test.name}: ${test.message ?? 'no message'}`);
    return { class: fault, code: 'SUITE_FAILED', message, remedy: remedyOf(fault), evidence };
  }
  const code = suite.status === 'passed' || suite.status === 'flaky' ? 'EMPTY_SUITE' : 'SUITE_ERRORED';
  const fault = code === 'EMPTY_SUITE' || suite.status === 'skipped' ? 'test' : 'infrastructure';
  return { class: fault, code, message, remedy: remedyOf(fault), evidence: [] };
}

/** `"browse" failed, "lint" did not run`, or nothing for no suites. */
export function sentenceOf(suites: readonly SuiteResult[]): string {
  return suites
    .map((suite) => `${suite.required ? '' : 'optional '}suite "${suite.name}" ${stateOf(suite)}`)
    .join(', ');
}

function stateOf(suite: SuiteResult): string {
  const { status, tests, metrics } = suite;
  switch (status) {
    case 'failed': {
      const reds = tests.filter(isRed);
      const crossed = (metrics?.thresholds ?? []).filter((threshold) => !threshold.ok);
      if (reds.length > 0) return `failed ${reds.length} of ${tests.length} ${tests.length === 1 ? 'test' : 'tests'}`;
      if (crossed.length > 0) return `crossed ${crossed.map((one) => `${one.metric} ${one.expression}`).join(', ')}`;
      return suite.reason ? `failed (${suite.reason})` : 'failed';
    }
    case 'errored':
      return 'could not be told';
    case 'passed':
    case 'flaky':
      return 'ran no test';
    case 'cancelled':
      return 'was cancelled';
    case 'skipped':
      return 'was skipped';
    case 'pending':
    case 'running':
      return 'did not finish';
    default:
      return status satisfies never;
  }
}

function isRed(test: TestResult): boolean {
  return test.status === 'failed' || test.status === 'errored';
}

function remedyOf(fault: Failure['class']): string {
  switch (fault) {
    case 'product':
      return 'Change the code, or the test where it asks for the wrong thing.';
    case 'test':
      return 'Mend the test: it could not do its work.';
    case 'flaky':
      return 'Run it again, and make the test steady.';
    case 'infrastructure':
      return 'Run it again; nothing speaks against the change.';
    case 'environment':
      return 'See what the environment lacks, then run it again.';
    default:
      return fault satisfies never;
  }
}
