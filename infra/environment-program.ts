import { ComponentResource, type CustomResource, ProviderResource } from '@pulumi/pulumi/resource.js';
import { applicationObjects } from './application.ts';
import { declare } from './declare.ts';
import {
  type EnvironmentOutputs,
  type EnvironmentSpec,
  type KubernetesObject,
  suitesNamespaceOf,
} from './environment-spec.ts';
import { applicationIsolation, suitesIsolation } from './isolation.ts';
import { applicationLimits, suitesLimits } from './limits.ts';
import { namespaceOf } from './namespace.ts';
import { suiteJobs } from './suites.ts';

class ClusterProvider extends ProviderResource {}

/** The cluster that the provider talks to; a null path means the one that we run in. */
export interface ClusterAccess {
  kubeconfigPath: string | null;
  context: string;
}

/** One of the two namespaces with all that lives in it. Each layer waits for the one before. */
interface Room {
  namespace: KubernetesObject;
  /** Quota, policies, the account: in force before the first pod exists. */
  guards: KubernetesObject[];
  passive: KubernetesObject[];
  workloads: KubernetesObject[];
}

/** What an environment is made of, as data, in the order in which it is created. */
export function environmentRooms(spec: EnvironmentSpec): { application: Room; suites: Room } {
  return {
    application: {
      namespace: namespaceOf(spec, 'application'),
      guards: [...applicationLimits(spec), ...applicationIsolation(spec)],
      ...applicationObjects(spec),
    },
    suites: {
      namespace: namespaceOf(spec, 'suites'),
      guards: [...suitesLimits(spec), ...suitesIsolation(spec)],
      passive: [],
      workloads: suiteJobs(spec),
    },
  };
}

/** Stack outputs; known before anything exists. */
export function environmentOutputs(spec: EnvironmentSpec): EnvironmentOutputs {
  const { service, port } = spec.entry;
  return {
    namespace: spec.name,
    suitesNamespace: suitesNamespaceOf(spec.name),
    url: `http://${service}.${spec.name}.svc.${spec.clusterDomain ?? 'cluster.local'}:${port}`,
  };
}

/** The Pulumi program: run by the child process of `src/environment/`, or by hand through `index.ts`. */
export function environmentProgram(spec: EnvironmentSpec, cluster: ClusterAccess): EnvironmentOutputs {
  const provider = new ClusterProvider('kubernetes', 'cluster', {
    ...(cluster.kubeconfigPath === null ? {} : { kubeconfig: cluster.kubeconfigPath, context: cluster.context }),
  });
  const environment = new ComponentResource('greenroom:index:Environment', spec.name, {}, { provider });
  const rooms = environmentRooms(spec);
  createRoom('application', rooms.application, environment);
  createRoom('suites', rooms.suites, environment);
  return environmentOutputs(spec);
}

/** All that is inside goes with the namespace: destroying is one DELETE, and `deletedWith` is inherited from the parent. */
function createRoom(role: string, room: Room, environment: ComponentResource): void {
  const namespace = declare(role, room.namespace, { parent: environment });
  const contents = new ComponentResource(
    'greenroom:index:Room',
    role,
    {},
    { parent: environment, deletedWith: namespace },
  );
  const layer = (objects: KubernetesObject[], dependsOn: CustomResource[]) =>
    objects.map((object) => declare(role, object, { parent: contents, dependsOn, deletedWith: namespace }));
  const guards = layer(room.guards, [namespace]);
  const passive = layer(room.passive, [namespace]);
  layer(room.workloads, [namespace, ...guards, ...passive]);
}
