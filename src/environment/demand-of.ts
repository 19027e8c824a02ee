import type { EnvironmentSpec, KubernetesObject } from '../../infra/environment-spec.ts';
import { sidecarResources, unaskedRequests } from '../../infra/limits.ts';
import { bytesOf, millicoresOf } from '../../infra/quantity.ts';
import { type Container, templateOf } from './needs.ts';

/** The sum of requests, as the scheduler counts them. */
export interface EnvironmentDemand {
  millicores: number;
  bytes: number;
  pods: number;
}

const none: EnvironmentDemand = { millicores: 0, bytes: 0, pods: 0 };

/**
 * What an environment will ask of the cluster: its workloads at their largest (a HorizontalPodAutoscaler's most replicas), at most its quota;
 * the largest of the jobs before, for they run one after the other; and the suites' pods. PURE.
 */
export function demandOf({
  objects,
  before,
  suites,
  quota,
}: Pick<EnvironmentSpec, 'objects' | 'before' | 'suites' | 'quota'>): EnvironmentDemand {
  const workloads = objects.map((object) => times(podDemand(object), replicasOf(object, objects)));
  const largest = before.map(podDemand).reduce(greatest, none);
  const application = [...workloads, largest].reduce(sum, none);
  const most = { millicores: millicoresOf(quota.cpu), bytes: bytesOf(quota.memory), pods: quota.pods };
  const suitePods = suites.map(({ resources: { requests }, shards }) =>
    times(sum(one(requests), { ...one(sidecarResources.requests), pods: 0 }), shards),
  );
  return [least(application, most), ...suitePods].reduce(sum, none);
}

/** Init containers run before the others, one after the other: a pod needs the larger of both (Kubernetes, "Init Containers"). */
function podDemand(object: KubernetesObject): EnvironmentDemand {
  const spec = templateOf(object)?.spec;
  if (!spec) return none;
  const requests = (container: Container) => {
    const { requests: asked, limits } = (container.resources ?? {}) as Record<string, Record<string, string>>;
    return { ...one({ ...unaskedRequests, ...limits, ...asked }), pods: 0 };
  };
  const together = (spec.containers ?? []).map(requests).reduce(sum, none);
  const first = (spec.initContainers ?? []).map(requests).reduce(greatest, none);
  return { ...greatest(together, first), pods: 1 };
}

function replicasOf(object: KubernetesObject, objects: readonly KubernetesObject[]): number {
  const { replicas, parallelism } = (object.spec ?? {}) as { replicas?: number; parallelism?: number };
  const scalers = objects.filter((other) => other.kind === 'HorizontalPodAutoscaler').map((scaler) => scaler.spec);
  const most = scalers.flatMap((spec) => {
    const { scaleTargetRef, maxReplicas } = spec as {
      scaleTargetRef?: { kind?: string; name?: string };
      maxReplicas?: number;
    };
    return scaleTargetRef?.kind === object.kind && scaleTargetRef.name === object.metadata.name
      ? [maxReplicas ?? 1]
      : [];
  });
  return Math.max(replicas ?? parallelism ?? 1, ...most);
}

function one({ cpu, memory }: { cpu: string; memory: string }): EnvironmentDemand {
  return { millicores: millicoresOf(cpu) || 0, bytes: bytesOf(memory) || 0, pods: 1 };
}

function times({ millicores, bytes, pods }: EnvironmentDemand, count: number): EnvironmentDemand {
  return { millicores: millicores * count, bytes: bytes * count, pods: pods * count };
}

type Combine = (left: EnvironmentDemand, right: EnvironmentDemand) => EnvironmentDemand;
const each =
  (combine: (left: number, right: number) => number): Combine =>
  (left, right) => ({
    millicores: combine(left.millicores, right.millicores),
    bytes: combine(left.bytes, right.bytes),
    pods: combine(left.pods, right.pods),
  });
const sum = each((left, right) => left + right);
const greatest = each(Math.max);
const least = each(Math.min);
