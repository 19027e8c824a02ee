import { changeIdOf, queueEntryIdOf } from './change-id.ts';
import { beginPhase, pendingPhases } from './phases.ts';
import type { Run, Trigger } from './run.ts';

export interface NewRun {
  id: string;
  repository: string;
  change: number | null;
  /** Default: none. */
  queueRef?: string | null;
  headSha: string;
  baseSha: string | null;
  generation: number;
  trigger: Trigger;
  trusted: boolean;
  onlySuites?: string[] | null;
  keepUntil?: string | null;
  /** ISO. */
  expiresAt: string;
  environmentName: string;
  /** ISO. */
  at: string;
}

/** A run that is wanted and has not begun, its document ready to grow. PURE. */
export function newRun(wanted: NewRun): Run {
  const { id, repository, change, queueRef = null, headSha, baseSha, generation, trigger, at } = wanted;
  return {
    id,
    repository,
    change,
    queueRef,
    changeId: queueRef === null ? changeIdOf(repository, change) : queueEntryIdOf({ repository, ref: queueRef }),
    headSha,
    baseSha,
    generation,
    trigger,
    trusted: wanted.trusted,
    phase: 'queued',
    cancel: null,
    onlySuites: wanted.onlySuites ?? null,
    keepUntil: wanted.keepUntil ?? null,
    expiresAt: wanted.expiresAt,
    environmentName: wanted.environmentName,
    document: {
      schema: 'greenroom/verdict@1',
      run: {
        id,
        repository,
        change,
        ...(queueRef === null ? {} : { queueRef }),
        sha: headSha,
        baseSha,
        configSha: null,
        generation,
        trigger,
        startedAt: at,
        finishedAt: null,
      },
      phase: 'queued',
      verdict: null,
      reason: '',
      failure: null,
      phases: beginPhase(pendingPhases(), 'queued', at),
      images: [],
      suites: [],
      environment: null,
      teardown: { status: 'pending', durationMs: null, resources: { created: 0, gone: 0 }, blockedBy: [] },
    },
  };
}
