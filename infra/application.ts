import type { EnvironmentSpec, KubernetesObject } from './environment-spec.ts';
import { namespaceNameOf } from './namespace.ts';

const runsPods = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod', 'ReplicaSet']);

/**
 * The change's own objects, apart by what they need: what pods may mount or be found by comes first, then what runs. The
 * `before` Jobs come suspended; readiness releases each when what it talks to answers (src/environment/before.ts).
 */
export function applicationObjects(spec: EnvironmentSpec): {
  passive: KubernetesObject[];
  workloads: KubernetesObject[];
} {
  const namespace = namespaceNameOf(spec, 'application');
  const placed = [...spec.objects, ...spec.before.map(suspended)].map((object) => ({
    ...object,
    metadata: { ...object.metadata, namespace },
  }));
  return {
    passive: placed.filter((object) => !runsPods.has(object.kind)),
    workloads: placed.filter((object) => runsPods.has(object.kind)),
  };
}

function suspended(job: KubernetesObject): KubernetesObject {
  return { ...job, spec: { ...(job.spec as object), suspend: true } };
}
