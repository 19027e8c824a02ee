import type { TestResult } from './suite-result.ts';

/** PURE. The worst of its tests; null where there is none that ran. */
export function statusOfTests(tests: TestResult[]): 'passed' | 'flaky' | 'failed' | 'errored' | null {
  const order = ['failed', 'errored', 'flaky', 'passed'] as const;
  return order.find((status) => tests.some((test) => test.status === status)) ?? null;
}

/** PURE. A test's status from its attempts: failed, then passed, is flaky. */
export function statusOfAttempts(attempts: TestResult['attempts']): TestResult['status'] {
  const last = attempts.at(-1)?.status ?? 'skipped';
  return last === 'passed' && attempts.length > 1 ? 'flaky' : last;
}

/** PURE. The class of a red test from what it says. In-cluster, a refused connection is the application's own. */
export function classOfMessage(message: string): NonNullable<TestResult['class']> {
  if (/browserType\.launch|Target page, context or browser has been closed|EAI_AGAIN|ENOTFOUND/.test(message))
    return 'infrastructure';
  return 'product';
}
