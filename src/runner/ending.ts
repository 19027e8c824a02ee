import { explain, formatProblem, RunError } from '../errors.ts';
import type { CancelReason } from '../run/run.ts';
import type { Evidence } from '../verdict/judge.ts';
import type { Failure } from '../verdict/verdict-document.ts';

/** What a run came to, before it is judged: everything that `judge` may want to know. */
export type Ending = Omit<Evidence, 'suites'>;

export const untold: Ending = {
  notReady: null,
  error: null,
  cancelled: null,
  gate: null,
  missingRequired: [],
  notRun: [],
  skipped: null,
};

const reasons: Record<CancelReason, string> = {
  superseded: 'a newer commit or run has replaced this one',
  closed: 'the change was closed',
  commanded: 'somebody asked for the teardown',
  shutdown: 'Greenroom was stopped',
  interrupted: 'Greenroom was interrupted while it played this run',
};

export function cancelledBecause(reason: CancelReason): Ending {
  return { ...untold, cancelled: reasons[reason] };
}

/** "We could not find out", as the run's failure: whose input it was, or ours. */
export function endingOfError(error: unknown): Ending {
  const failure = failureOfError(error);
  return failure.class === 'product' ? { ...untold, gate: failure } : { ...untold, error: failure };
}

function failureOfError(error: unknown): Failure {
  const evidence = error instanceof RunError ? [...error.problems.map(formatProblem), ...error.evidence] : [];
  if (!(error instanceof RunError)) {
    const stack = error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 6) : [];
    const remedy = 'This is a bug in Greenroom: please report it with the lines below.';
    return { class: 'infrastructure', code: 'UNEXPECTED', message: explain(error), remedy, evidence: stack };
  }
  const remedy = error.hint ?? 'Run it again; nothing speaks against the change.';
  return { class: classOf(error), code: error.code, message: explain(error), remedy, evidence };
}

/** An image that nobody pushed and a registry that refuses are not the change's fault; a file that it wrote is. */
function classOf(error: RunError): Failure['class'] {
  if (error.code === 'IMAGE_MISSING' || error.code === 'REGISTRY_REFUSED') return 'environment';
  return error.remedy === 'fix-input' ? 'product' : 'infrastructure';
}
