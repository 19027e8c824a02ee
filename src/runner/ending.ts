import { explain, formatProblem, RunError } from '../errors.ts';
import type { CancelReason, Run } from '../run/run.ts';
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

export function cancelledBecause(reason: CancelReason, { queueRef }: Pick<Run, 'queueRef'>): Ending {
  const isDequeued = reason === 'closed' && queueRef !== null;
  return { ...untold, cancelled: isDequeued ? 'the entry left the merge queue' : reasons[reason] };
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

/** What only somebody who edits the change can cure. Everything else is never the change's fault (DESIGN, rule 1). */
const inputOfTheChange = new Set([
  'APPLICATION_INVALID',
  'ARCHIVE_REFUSED',
  'BUILD_CONTEXT_TOO_LARGE',
  'BUILD_INPUT_MISSING',
  'IMAGE_REFERENCE_INVALID',
]);
/** Cured by whoever pushes the image or runs the registry. */
const environmentCodes = new Set([
  'BASE_CONFIG_INVALID',
  'IMAGE_MISSING',
  'REGISTRY_REFUSED',
  'BUILD_POD_REFUSED',
  'BUILD_NO_USER_NAMESPACE',
  'POLICIES_NOT_ENFORCED',
  'POLICIES_UNKNOWN',
  'PULL_SECRET_UNUSABLE',
  'SECRETS_UNREADABLE',
]);

function classOf({ code }: RunError): Failure['class'] {
  if (inputOfTheChange.has(code)) return 'product';
  return environmentCodes.has(code) ? 'environment' : 'infrastructure';
}
