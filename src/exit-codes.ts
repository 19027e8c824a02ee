import type { Remedy } from './errors.ts';
import type { VerdictWord } from './suites/suite-result.ts';

/** Exit codes of every command (README, "Exit codes"). A red test and a broken tool never share one. */
export const exitCodes = { passed: 0, failed: 1, fixInput: 2, couldNotTest: 3, bug: 4, interrupted: 130 } as const;

export function exitCodeOfVerdict(verdict: VerdictWord): number {
  switch (verdict) {
    case 'passed':
    case 'flaky':
    case 'skipped':
      return exitCodes.passed;
    case 'failed':
      return exitCodes.failed;
    case 'errored':
      return exitCodes.couldNotTest;
    case 'cancelled':
      return exitCodes.interrupted;
    default:
      return verdict satisfies never;
  }
}

export function exitCodeOfRemedy(remedy: Remedy): number {
  switch (remedy) {
    case 'fix-input':
      return exitCodes.fixInput;
    case 'retry':
      return exitCodes.couldNotTest;
    case 'report-bug':
      return exitCodes.bug;
    default:
      return remedy satisfies never;
  }
}
