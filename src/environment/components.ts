import type { EnvironmentSpec, KubernetesObject } from '../../infra/environment-spec.ts';
import type { ClusterState, Pod, Workload } from './cluster-state.ts';
import { needsOf, selects, templateOf } from './needs.ts';

/** One Deployment or StatefulSet of the application: as declared, as it is, and what it depends on. */
export interface Component {
  object: string;
  declared: KubernetesObject;
  live: Workload | undefined;
  pods: Pod[];
  needs: string[];
  services: string[];
  isReady: boolean;
}

export function isRolledOut(object: KubernetesObject): boolean {
  return object.kind === 'Deployment' || object.kind === 'StatefulSet';
}

export function componentOf(declared: KubernetesObject, spec: EnvironmentSpec, state: ClusterState): Component {
  const { name } = declared.metadata;
  const live = (declared.kind === 'Deployment' ? state.deployments : state.statefulSets).find(
    (w) => w.metadata.name === name,
  );
  const object = `${declared.kind}/${name}`;
  const services = spec.objects.filter((o) => o.kind === 'Service' && selects(o, templateOf(declared)));
  return {
    object,
    declared,
    live,
    pods: state.pods.filter((pod) => ownerOf(pod) === object),
    needs: needsOf(declared, spec.objects),
    services: services.map((service) => service.metadata.name),
    isReady: live !== undefined && isUp(live),
  };
}

function isUp({ metadata, spec, status }: Workload): boolean {
  const wanted = spec.replicas ?? 1;
  const current = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1);
  return current && (status?.updatedReplicas ?? 0) >= wanted && (status?.readyReplicas ?? 0) >= wanted;
}

/** `Deployment/web` of a pod that a ReplicaSet made; else its owner as it stands. */
export function ownerOf(pod: Pod): string {
  const owner = pod.metadata.ownerReferences?.[0];
  if (!owner) return `Pod/${pod.metadata.name}`;
  const hash = pod.metadata.labels?.['pod-template-hash'];
  if (owner.kind !== 'ReplicaSet' || !hash) return `${owner.kind}/${owner.name}`;
  return `Deployment/${owner.name.slice(0, -hash.length - 1)}`;
}

export function whyPending({ live, pods }: Component): string {
  if (!live) return 'not created yet';
  const waiting = pods
    .flatMap((pod) => pod.status?.containerStatuses?.map((s) => s.state?.waiting?.reason) ?? [])
    .find(Boolean);
  return `${live.status?.readyReplicas ?? 0} of ${live.spec.replicas ?? 1} ready${waiting ? ` (${waiting})` : ''}`;
}

/** The Services that a component needs, and those that these need, and so on. */
export function reachableFrom(component: Component, all: Component[]): Set<string> {
  const reached = new Set<string>();
  const open = [...component.needs];
  for (let service = open.pop(); service !== undefined; service = open.pop()) {
    if (reached.has(service)) continue;
    reached.add(service);
    for (const other of all) if (other.services.includes(service)) open.push(...other.needs);
  }
  return reached;
}
