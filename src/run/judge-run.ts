import { type Evidence, type Judgement, judge } from '../verdict/judge.ts';
import type { CancelReason, Run } from './run.ts';

/** What only the player knows; everything else stands in the run. */
export type JudgeExtras = Partial<Pick<Evidence, 'gate' | 'missingRequired' | 'notRun' | 'skipped'>>;

/** The verdict of a run from what its facts left in it: the class of a failure says whether it is about the change. PURE. */
export function judgeRun(run: Run, extras: JudgeExtras = {}): Judgement {
  const { failure, suites } = run.document;
  return judge({
    suites,
    ...bearingOf(failure),
    cancelled: run.cancel === null ? null : cancelWords(run.cancel),
    gate: extras.gate ?? null,
    missingRequired: extras.missingRequired ?? [],
    notRun: extras.notRun ?? [],
    skipped: extras.skipped ?? null,
  });
}

/** What a failure that stands in a run speaks of: the change, or that we could not find out. PURE. */
export function bearingOf(failure: Evidence['error']): Pick<Evidence, 'notReady' | 'error'> {
  const aboutChange = failure?.class === 'product' || failure?.class === 'test';
  return { notReady: aboutChange ? failure : null, error: aboutChange ? null : failure };
}

export function cancelWords(reason: CancelReason): string {
  switch (reason) {
    case 'superseded':
      return 'replaced by a newer run of this change';
    case 'closed':
      return 'the change was closed';
    case 'commanded':
      return 'torn down by a command';
    case 'shutdown':
      return 'Greenroom was stopped';
    case 'interrupted':
      return 'interrupted';
    default:
      return reason satisfies never;
  }
}
