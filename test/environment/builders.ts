import type { EnvironmentSpec, KubernetesObject } from '../../infra/environment-spec.ts';
import type { ClusterState, Pod, Workload } from '../../src/environment/cluster-state.ts';
import type { SourcedObject } from '../../src/environment/sources/sourced-object.ts';

export function aSpec(changes: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  return {
    name: 'gr-shop-7-r1',
    owner: {
      instance: 'test',
      runId: 'r1',
      changeId: 'c7',
      expiresAt: 1_800_000_000,
      repository: 'acme/shop',
      changeNumber: 7,
      sha: 'a'.repeat(40),
    },
    podSecurity: 'baseline',
    entry: { service: 'web', port: 8080 },
    objects: [aDeployment('web'), aService('web', 8080)],
    before: [],
    suites: [],
    quota: { cpu: '4', memory: '4Gi', pods: 30 },
    egress: [],
    pullSecret: null,
    preview: null,
    podTemplate: null,
    ...changes,
  };
}

export function aDeployment(name: string, container: object = {}, pod: object = {}): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name, image: 'registry.test/app:1', ...container }], ...pod },
      },
    },
  };
}

export function aService(name: string, port: number): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port }] },
  };
}

export function aJob(name: string, container: object = {}): KubernetesObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels: { job: name } },
        spec: { restartPolicy: 'Never', containers: [{ name, image: 'registry.test/app:1', ...container }] },
      },
    },
  };
}

export function sourced(object: KubernetesObject): SourcedObject {
  return { object, file: 'k8s/app.yaml', lineAt: (path) => path.length + 1 };
}

export const born = '2026-01-01T00:00:00Z';
/** That many seconds after the pods of these builders were made. */
export function later(seconds: number): number {
  return Date.parse(born) + seconds * 1000;
}

type Status = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

export function aPod(
  app: string,
  status: Partial<Status> = {},
  changes: Partial<NonNullable<Pod['status']>> = {},
): Pod {
  return {
    metadata: {
      name: `${app}-abc-1`,
      namespace: 'gr-shop-7-r1',
      uid: `uid-${app}`,
      creationTimestamp: born,
      labels: { app, 'pod-template-hash': 'abc' },
      ownerReferences: [{ kind: 'ReplicaSet', name: `${app}-abc` }],
    },
    spec: { containers: [{ name: app, image: 'registry.test/app:1', resources: { limits: { memory: '96Mi' } } }] },
    status: {
      containerStatuses: [{ name: app, ready: false, restartCount: 0, image: 'registry.test/app:1', ...status }],
      ...changes,
    },
  };
}

export function aWorkload(name: string, ready: number): Workload {
  return {
    metadata: { name, namespace: 'gr-shop-7-r1', uid: `uid-${name}`, creationTimestamp: born, generation: 1 },
    spec: { replicas: 1 },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: ready },
  };
}

export function aState(changes: Partial<ClusterState> = {}): ClusterState {
  return {
    deployments: [],
    statefulSets: [],
    jobs: [],
    pods: [],
    suitePods: [],
    servicesWithEndpoints: new Set(),
    ...changes,
  };
}
