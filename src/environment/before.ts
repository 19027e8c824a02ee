import type { EnvironmentSpec } from '../../infra/environment-spec.ts';
import { apiRequest } from '../kubernetes/api-request.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import type { ClusterState, Condition, Job } from './cluster-state.ts';
import { needsOf } from './needs.ts';

/** A need that was found in a text by mistake must not hold a Job back for ever. */
const needsPatienceMs = 30_000;

export type BeforeState =
  | { kind: 'done' }
  /** The Job to start now; null while it is not there yet or what it needs does not answer. */
  | { kind: 'waiting'; job: string; needs: string[]; release: boolean }
  | { kind: 'running'; job: string; needs: string[] }
  | { kind: 'failed'; job: string; reason: string; message: string };

/**
 * PURE. Where the `before` Jobs are: they run one after the other, each from when the Services that it names have ready
 * endpoints. So a migration is never started against a database that is still coming up, and its failure is its own.
 */
export function beforeState(spec: EnvironmentSpec, state: ClusterState, now: number): BeforeState {
  for (const declared of spec.before) {
    const { name } = declared.metadata;
    const job = state.jobs.find((candidate) => candidate.metadata.name === name);
    if (job && conditionOf(job, 'Complete')) continue;
    const needs = needsOf(declared, [...spec.objects, ...spec.before]);
    const failed = job && conditionOf(job, 'Failed');
    if (failed) return { kind: 'failed', job: name, reason: failed.reason ?? '', message: failed.message ?? '' };
    if (job && !job.spec.suspend) return { kind: 'running', job: name, needs };
    const met = needs.every((service) => state.servicesWithEndpoints.has(service));
    const waitedMs = job ? now - Date.parse(job.metadata.creationTimestamp) : 0;
    return { kind: 'waiting', job: name, needs, release: job !== undefined && (met || waitedMs > needsPatienceMs) };
  }
  return { kind: 'done' };
}

/** Lets a suspended Job run. */
export async function releaseJob(
  kubernetes: Kubernetes,
  namespace: string,
  job: string,
  signal: AbortSignal,
): Promise<void> {
  await apiRequest(kubernetes, {
    method: 'PATCH',
    path: `/apis/batch/v1/namespaces/${namespace}/jobs/${job}`,
    contentType: 'application/merge-patch+json',
    body: { spec: { suspend: false } },
    signal,
  });
}

function conditionOf(job: Job, type: string): Condition | undefined {
  return job.status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
}
