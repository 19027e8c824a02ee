import { explain, RunError } from '../errors.ts';
import type { FailureClass, SuiteResult } from './suite-result.ts';

/** Why a suite's tests alone cannot say how it went. */
export interface SuiteFailure {
  status: 'failed' | 'errored' | 'cancelled';
  class: FailureClass;
  code: string;
  message: string;
  evidence: string[];
}

/** Thrown inside this folder only, and caught in it: `runSuites` never rejects. */
export class SuiteTrouble extends Error {
  readonly failure: SuiteFailure;

  constructor(failure: SuiteFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Anything thrown while we talked to the cluster: our problem, never the change's. */
export function failureOf(error: unknown, doing: string): SuiteFailure {
  if (error instanceof SuiteTrouble) return error.failure;
  const evidence = error instanceof RunError ? error.evidence : [];
  const code = error instanceof RunError ? error.code : 'SUITE_LOST';
  const message = `${doing}: ${explain(error)}`.slice(0, 1000);
  return { status: 'errored', class: 'infrastructure', code, message, evidence };
}

export function cancelledFailure(suite: string): SuiteFailure {
  const message = `suite "${suite}" was cancelled`;
  return { status: 'cancelled', class: 'infrastructure', code: 'SUITE_CANCELLED', message, evidence: [] };
}

export function failureField(failure: SuiteFailure): NonNullable<SuiteResult['failure']> {
  const { class: fault, code, message, evidence } = failure;
  return { class: fault, code, message, evidence };
}
