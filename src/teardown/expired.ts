import type { OwnedEnvironment } from './owned-namespaces.ts';

/** Numbers of a repository's open changes; `unknown` when the forge could not be asked. */
export type OpenChanges = ReadonlyMap<string, ReadonlySet<number> | 'unknown'>;

export interface SweepFacts {
  instance: string;
  openChanges: OpenChanges;
  /** Ids of runs that somebody is at work on. */
  liveRuns: ReadonlySet<string>;
  /** Epoch seconds. */
  now: number;
}

export interface Candidate {
  environment: OwnedEnvironment;
  reason: 'expired' | 'change-closed' | 'leaked';
  /** The reason in words. */
  detail: string;
}

/**
 * PURE. What must go, each with a reason. Never anything without our instance's label; that a change is not known to be open
 * is no reason. Time is up also for a live run: its expiry is the promise that was made before it began.
 */
export function expired(environments: OwnedEnvironment[], facts: SweepFacts): Candidate[] {
  return environments.flatMap((environment) => {
    if (environment.instance === '' || environment.instance !== facts.instance) return [];
    const why = reasonOf(environment, facts);
    return why ? [{ environment, ...why }] : [];
  });
}

function reasonOf(
  environment: OwnedEnvironment,
  { openChanges, liveRuns, now }: SweepFacts,
): Omit<Candidate, 'environment'> | null {
  const { expiresAt, repository, changeNumber, runId, namespaces } = environment;
  if (now >= expiresAt) return { reason: 'expired', detail: `its time was up ${Math.round(now - expiresAt)} s ago` };
  if (liveRuns.has(runId)) return null;
  if (Number.isNaN(expiresAt))
    return { reason: 'leaked', detail: 'its expiry cannot be read and no run is at work on it' };
  if (namespaces.some((namespace) => namespace.terminating)) {
    return { reason: 'leaked', detail: 'its teardown has begun and nobody finishes it' };
  }
  const open = openChanges.get(repository);
  if (changeNumber === null || open === undefined || open === 'unknown' || open.has(changeNumber)) return null;
  return { reason: 'change-closed', detail: `change ${changeNumber} of ${repository} is not open` };
}
