import type { CoreV1Event, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { apiGet } from './api-request.ts';
import type { Kubernetes } from './kubernetes.ts';

/** The pods of a Job, by completion index where it has one. @throws RunError CLUSTER_UNREACHABLE, CLUSTER_REFUSED */
export async function listJobPods(
  kubernetes: Kubernetes,
  namespace: string,
  job: string,
  signal: AbortSignal,
): Promise<V1Pod[]> {
  const selector = encodeURIComponent(`batch.kubernetes.io/job-name=${job}`);
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`;
  const { items } = await apiGet<{ items: V1Pod[] }>(kubernetes, path, signal);
  return items.toSorted((a, b) => completionIndexOf(a) - completionIndexOf(b));
}

/** The pod's index in an Indexed Job; 0 where there is none. */
export function completionIndexOf(pod: V1Pod): number {
  return Number(pod.metadata?.labels?.['batch.kubernetes.io/job-completion-index'] ?? 0);
}

/** The status of a container or of a (sidecar) init container. */
export function containerStatusOf(pod: V1Pod, container: string): V1ContainerStatus | undefined {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return statuses.find((status) => status.name === container);
}

/** `Warning FailedScheduling: 0/1 nodes are available` of one object, oldest first, at most 10 lines of 300 characters. */
export async function listEventLines(
  kubernetes: Kubernetes,
  namespace: string,
  object: string,
  signal: AbortSignal = AbortSignal.timeout(10_000),
): Promise<string[]> {
  const selector = encodeURIComponent(`involvedObject.name=${object}`);
  const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=${selector}&limit=100`;
  const { items } = await apiGet<{ items: CoreV1Event[] }>(kubernetes, path, signal);
  return items
    .filter((event) => event.type !== 'Normal')
    .toSorted((a, b) => instantOf(a) - instantOf(b))
    .slice(-10)
    .map((event) => `${event.type} ${event.reason}: ${event.message ?? ''}`.slice(0, 300));
}

function instantOf(event: CoreV1Event): number {
  return new Date(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? 0).getTime();
}
