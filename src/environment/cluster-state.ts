import { apiGet } from '../kubernetes/api-request.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';

/** The fields of Kubernetes' objects that readiness looks at. Times are RFC 3339. */
export interface Metadata {
  name: string;
  namespace: string;
  uid: string;
  creationTimestamp: string;
  deletionTimestamp?: string;
  generation?: number;
  labels?: Record<string, string>;
  ownerReferences?: { kind: string; name: string }[];
}

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface Workload {
  metadata: Metadata;
  spec: { replicas?: number };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    conditions?: Condition[];
  };
}

export interface Job {
  metadata: Metadata;
  spec: { suspend?: boolean };
  status?: { succeeded?: number; failed?: number; active?: number; conditions?: Condition[] };
}

export interface Terminated {
  reason?: string;
  exitCode: number;
  signal?: number;
  message?: string;
  finishedAt?: string;
}

export interface ContainerStatus {
  name: string;
  ready: boolean;
  started?: boolean;
  restartCount: number;
  image: string;
  state?: { waiting?: { reason?: string; message?: string }; running?: { startedAt: string }; terminated?: Terminated };
  lastState?: { terminated?: Terminated };
}

export interface Pod {
  metadata: Metadata;
  spec: {
    containers: { name: string; image: string; resources?: { limits?: Record<string, string> } }[];
    initContainers?: Pod['spec']['containers'];
  };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

interface EndpointSlice {
  metadata: Metadata;
  endpoints: { conditions?: { ready?: boolean } }[] | null;
}

/** What is in the two namespaces at one instant. */
export interface ClusterState {
  deployments: Workload[];
  statefulSets: Workload[];
  jobs: Job[];
  pods: Pod[];
  /** Pods of the suites' namespace. */
  suitePods: Pod[];
  /** Services that have at least one ready endpoint. */
  servicesWithEndpoints: Set<string>;
}

/** @throws RunError CLUSTER_UNREACHABLE or CLUSTER_REFUSED (retry); the signal's reason when aborted */
export async function readClusterState(
  kubernetes: Kubernetes,
  namespace: string,
  suitesNamespace: string,
  signal: AbortSignal,
): Promise<ClusterState> {
  const list = async <T>(group: string, where: string, plural: string) =>
    (await apiGet<{ items: T[] }>(kubernetes, `/${group}/namespaces/${where}/${plural}`, signal)).items;
  const [deployments, statefulSets, jobs, pods, suitePods, slices] = await Promise.all([
    list<Workload>('apis/apps/v1', namespace, 'deployments'),
    list<Workload>('apis/apps/v1', namespace, 'statefulsets'),
    list<Job>('apis/batch/v1', namespace, 'jobs'),
    list<Pod>('api/v1', namespace, 'pods'),
    list<Pod>('api/v1', suitesNamespace, 'pods'),
    list<EndpointSlice>('apis/discovery.k8s.io/v1', namespace, 'endpointslices'),
  ]);
  const ready = slices.filter((slice) => slice.endpoints?.some((endpoint) => endpoint.conditions?.ready !== false));
  const services = ready.flatMap((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] ?? []);
  return { deployments, statefulSets, jobs, pods, suitePods, servicesWithEndpoints: new Set(services) };
}
