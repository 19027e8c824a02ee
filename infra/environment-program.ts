import { ComponentResource, type CustomResource, ProviderResource } from '@pulumi/pulumi/resource.js';
import { declare } from './declare.ts';
import { environmentOutputs, environmentRooms, type Room } from './environment-rooms.ts';
import type { EnvironmentOutputs, EnvironmentSpec, KubernetesObject } from './environment-spec.ts';

class ClusterProvider extends ProviderResource {}

/** The cluster to talk to; a null path means the one that we run in. */
export interface ClusterAccess {
  kubeconfigPath: string | null;
  context: string;
}

/**
 * The Pulumi program: run by the child process of `src/environment/`, or by hand through `index.ts`.
 * @param cluster null: where KUBECONFIG says, so that the state names no cluster
 */
export function environmentProgram(spec: EnvironmentSpec, cluster: ClusterAccess | null): EnvironmentOutputs {
  const provider = new ClusterProvider('kubernetes', 'cluster', {
    ...(cluster?.kubeconfigPath ? { kubeconfig: cluster.kubeconfigPath, context: cluster.context } : {}),
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
