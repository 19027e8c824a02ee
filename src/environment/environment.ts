import { isDeepStrictEqual } from 'node:util';
import { environmentOutputs } from '../../infra/environment-rooms.ts';
import { type EnvironmentOutputs, type EnvironmentSpec, suitesNamespaceOf } from '../../infra/environment-spec.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { bringUp } from './bring-up.ts';
import type { NotReady } from './not-ready.ts';
import { notReadyOfPulumi } from './pulumi-errors.ts';
import type { PulumiAccess, PulumiOutcome } from './pulumi-operations.ts';
import { waitUntilReady } from './wait-until-ready.ts';

export interface CreatedResource {
  kind: string;
  namespace: string;
  name: string;
}

export type ProvisionProgress =
  | { kind: 'created'; resource: CreatedResource }
  | { kind: 'ready'; object: string }
  /** The cluster or Pulumi's state cannot be reached: it is tried again after the pause. */
  | { kind: 'outage'; code: string; pauseMs: number };

export interface ProvisionRequest {
  kubernetes: Kubernetes;
  pulumi: PulumiAccess;
  spec: EnvironmentSpec;
  /** From now until the entry answers. */
  deadlineMs: number;
  signal: AbortSignal;
  onProgress?: (progress: ProvisionProgress) => void;
}

export type Provisioned =
  | { ready: true; outputs: EnvironmentOutputs; resources: CreatedResource[] }
  | { ready: false; notReady: NotReady; resources: CreatedResource[] };

/**
 * Creates the environment and waits until its entry answers. Readiness watches while Pulumi still works, and whichever of
 * the two finds that it cannot succeed ends the other. Nothing is torn down here: that was promised elsewhere, before.
 * @throws RunError for "could not find out"; the signal's reason when aborted
 */
export async function provisionEnvironment(request: ProvisionRequest): Promise<Provisioned> {
  const { kubernetes, pulumi, spec, signal, deadlineMs, onProgress } = request;
  const resources: CreatedResource[] = [];
  const settled = new AbortController();
  const both = AbortSignal.any([signal, settled.signal]);
  const { kubeconfigPath, context } = kubernetes;
  const creation = bringUp(pulumi, { kubeconfigPath, context }, spec, {
    signal: both,
    deadlineMs,
    onOutage: (outage) => onProgress?.({ kind: 'outage', ...outage }),
    onResource: ({ action, kind, role, name }) => {
      if (action !== 'created') return;
      const namespace = kind === 'Namespace' ? '' : role === 'suites' ? suitesNamespaceOf(spec.name) : spec.name;
      const resource = { kind, namespace, name };
      if (resources.some((known) => isDeepStrictEqual(known, resource))) return;
      resources.push(resource);
      onProgress?.({ kind: 'created', resource });
    },
  });
  const readiness = waitUntilReady(kubernetes, spec, {
    signal: both,
    deadlineMs,
    onReady: (object) => onProgress?.({ kind: 'ready', object }),
  });
  try {
    const notReady = await firstObstacle(spec, creation, readiness);
    if (notReady) return { ready: false, notReady, resources };
    return { ready: true, outputs: environmentOutputs(spec), resources };
  } finally {
    // No operation outlives its reason; both have an own end (30 s at most) once they are told.
    settled.abort(new DOMException('provisioning has ended', 'AbortError'));
    await Promise.allSettled([creation, readiness]);
    signal.throwIfAborted();
  }
}

/** Ready when both are; not ready as soon as one of them cannot succeed any more. */
async function firstObstacle(
  spec: EnvironmentSpec,
  creation: Promise<PulumiOutcome>,
  readiness: Promise<NotReady | null>,
): Promise<NotReady | null> {
  const created = creation.then((outcome) => (outcome.ok ? null : notReadyOfPulumi(spec, outcome)));
  const first = await Promise.race([created, readiness]);
  if (first) return first;
  const [ofCreation, ofReadiness] = await Promise.all([created, readiness]);
  return ofCreation ?? ofReadiness;
}
