import type { Run } from '../run/run.ts';
import { isFinal, type SuiteResult } from '../suites/suite-result.ts';

/**
 * Suites of which the newest result on this very commit is green: a later red one takes an earlier pass back. PURE.
 * @param runs of one change, newest first
 */
export function greenSuitesOn(headSha: string, runs: readonly Run[]): string[] {
  const newest = new Map<string, SuiteResult['status']>();
  for (const suite of runs.filter((run) => run.headSha === headSha).flatMap(({ document }) => document.suites)) {
    if (isFinal(suite) && !newest.has(suite.name)) newest.set(suite.name, suite.status);
  }
  return [...newest].filter(([, status]) => status === 'passed' || status === 'flaky').map(([name]) => name);
}
