import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterAccess } from '../../infra/environment-program.ts';
import type { EnvironmentSpec } from '../../infra/environment-spec.ts';
import { outageOf } from './pulumi-errors.ts';
import { type PulumiAccess, type PulumiOptions, type PulumiOutcome, pulumiUp } from './pulumi-operations.ts';

export interface BringUpOptions extends PulumiOptions {
  /** From now; nothing is begun again past it. */
  deadlineMs: number;
  onOutage?: (outage: { code: string; pauseMs: number }) => void;
}

/** A database that restarts, or an API server: together some two minutes. */
const pausesMs = [1_000, 5_000, 15_000, 30_000, 60_000];

/**
 * Pulumi's `up`, and again after an outage of the cluster or of the database that holds Pulumi's state: what it has made already
 * is taken over by the next one. Anything else that goes wrong is an outcome at once.
 * @returns the last outcome
 * @throws the signal's reason when it is aborted between two attempts
 */
export async function bringUp(
  pulumi: PulumiAccess,
  cluster: ClusterAccess,
  spec: EnvironmentSpec,
  { deadlineMs, onOutage, ...options }: BringUpOptions,
): Promise<PulumiOutcome> {
  const deadline = performance.now() + deadlineMs;
  for (const pauseMs of pausesMs) {
    const outcome = await pulumiUp(pulumi, cluster, spec, options);
    const outage = outcome.ok || outcome.cancelled ? null : outageOf(spec, outcome);
    if (outage === null || performance.now() + pauseMs > deadline) return outcome;
    onOutage?.({ code: outage, pauseMs });
    await sleep(pauseMs, undefined, { signal: options.signal });
  }
  return await pulumiUp(pulumi, cluster, spec, options);
}
