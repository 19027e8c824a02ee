import { randomBytes } from 'node:crypto';
import { durationMs } from '../config/duration.ts';
import { environmentName } from '../environment/environment-name.ts';
import { newRun } from '../run/new-run.ts';
import type { Run, Trigger } from '../run/run.ts';
import { newRunId } from '../run/run-id.ts';

/** Until a run's own `limits.ttl` is known, nothing of it may live longer than this. */
const firstExpiryMs = durationMs('2h');

export interface Wanted {
  trigger: Trigger;
  onlySuites: string[] | null;
  now: Date;
}

export interface RunSubject {
  repository: string;
  number: number | null;
  /** Default: none. */
  queueRef?: string | null;
  headSha: string;
  baseSha: string | null;
  trusted: boolean;
}

/** Builds the run of a change once its generation is known (`createRun`). */
export function newRunFor(subject: RunSubject, { trigger, onlySuites, now }: Wanted): (generation: number) => Run {
  return (generation) => {
    const id = newRunId(randomBytes);
    const { repository, number: change, queueRef = null, headSha, baseSha, trusted } = subject;
    return newRun({
      id,
      repository,
      change,
      queueRef,
      headSha,
      baseSha,
      generation,
      trigger,
      trusted,
      onlySuites,
      expiresAt: new Date(now.getTime() + firstExpiryMs).toISOString(),
      environmentName: environmentName({
        repository,
        change: change ?? (queueRef === null ? 'local' : 'queue'),
        runId: id,
      }),
      at: now.toISOString(),
    });
  };
}

/** The same work again, as a run of its own. */
export function rerunOf(run: Run, now: Date): (generation: number) => Run {
  const { repository, change: number, queueRef, headSha, baseSha, trusted, trigger, onlySuites } = run;
  return newRunFor({ repository, number, queueRef, headSha, baseSha, trusted }, { trigger, onlySuites, now });
}
