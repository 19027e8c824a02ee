import { labels } from '../../infra/labels.ts';
import { bytesOf, millicoresOf } from '../../infra/quantity.ts';
import { apiGet, type ClusterApi } from '../kubernetes/api-request.ts';

/** What our environments may ask for, all together. */
export interface ClusterRoom {
  millicores: number;
  bytes: number;
  pods: number;
}

export interface NodeObject {
  spec?: { unschedulable?: boolean; taints?: { effect: string }[] };
  status?: {
    allocatable?: Record<string, string>;
    conditions?: { type: string; status: string }[];
  };
}

export interface PodObject {
  metadata: { labels?: Record<string, string> };
  spec?: {
    nodeName?: string;
    containers?: { resources?: { requests?: Record<string, string> } }[];
  };
}

/** So many pods a page: a large cluster's list must not fill our memory. */
const pageSize = 500;

/**
 * What the cluster's nodes can allocate, less what pods ask for that are not this instance's.
 * @throws RunError CLUSTER_UNREACHABLE or CLUSTER_REFUSED
 */
export async function clusterRoom(kubernetes: ClusterApi, instance: string, signal: AbortSignal): Promise<ClusterRoom> {
  const { items: nodes } = await apiGet<{ items: NodeObject[] }>(kubernetes, '/api/v1/nodes', signal);
  let room = allocatableOf(nodes);
  const selector = encodeURIComponent(`${labels.instance}!=${instance}`);
  const running = encodeURIComponent('status.phase!=Succeeded,status.phase!=Failed');
  const path = `/api/v1/pods?limit=${pageSize}&labelSelector=${selector}&fieldSelector=${running}`;
  let next = '';
  do {
    const page: { items: PodObject[]; metadata: { continue?: string } } = await apiGet(
      kubernetes,
      `${path}${next}`,
      signal,
    );
    room = lessPods(room, page.items);
    next = page.metadata.continue ? `&continue=${encodeURIComponent(page.metadata.continue)}` : '';
  } while (next !== '');
  return room;
}

/** PURE. What the nodes give that pods without tolerations may be scheduled to now. */
export function allocatableOf(nodes: readonly NodeObject[]): ClusterRoom {
  const usable = nodes.filter(
    ({ spec, status }) =>
      spec?.unschedulable !== true &&
      !spec?.taints?.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute') &&
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  );
  const total = (name: string, amountOf: (text: string) => number) =>
    usable.reduce((sum, { status }) => sum + (amountOf(status?.allocatable?.[name] ?? '0') || 0), 0);
  return { millicores: total('cpu', millicoresOf), bytes: total('memory', bytesOf), pods: total('pods', Number) };
}

/** PURE. What is left beside these pods; those that have no node yet take nothing. */
export function lessPods(room: ClusterRoom, pods: readonly PodObject[]): ClusterRoom {
  const placed = pods.filter(({ spec }) => spec?.nodeName !== undefined);
  const asked = (name: string, amountOf: (text: string) => number) =>
    placed
      .flatMap(({ spec }) => spec?.containers ?? [])
      .reduce((sum, { resources }) => sum + (amountOf(resources?.requests?.[name] ?? '0') || 0), 0);
  return {
    millicores: Math.max(0, room.millicores - asked('cpu', millicoresOf)),
    bytes: Math.max(0, room.bytes - asked('memory', bytesOf)),
    pods: Math.max(0, room.pods - placed.length),
  };
}
