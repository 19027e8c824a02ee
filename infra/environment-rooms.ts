import { applicationObjects } from './application.ts';
import {
  type EnvironmentOutputs,
  type EnvironmentSpec,
  type KubernetesObject,
  suitesNamespaceOf,
} from './environment-spec.ts';
import { applicationIsolation, suitesIsolation } from './isolation.ts';
import { applicationLimits, suitesLimits } from './limits.ts';
import { namespaceOf } from './namespace.ts';
import { previewIngress } from './preview.ts';
import { suiteJobs } from './suites.ts';

/** One of the two namespaces with all that lives in it. Each layer waits for the one before. */
export interface Room {
  namespace: KubernetesObject;
  /** Quota, policies, the account: in force before the first pod exists. */
  guards: KubernetesObject[];
  passive: KubernetesObject[];
  workloads: KubernetesObject[];
}

/** What an environment is made of, as data, in the order in which it is created. */
export function environmentRooms(spec: EnvironmentSpec): { application: Room; suites: Room } {
  const { passive, workloads } = applicationObjects(spec);
  return {
    application: {
      namespace: namespaceOf(spec, 'application'),
      guards: [...applicationLimits(spec), ...applicationIsolation(spec)],
      passive: [...passive, ...previewIngress(spec)],
      workloads,
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
  const { preview } = spec;
  return {
    namespace: spec.name,
    suitesNamespace: suitesNamespaceOf(spec.name),
    url: `http://${service}.${spec.name}.svc.${spec.clusterDomain ?? 'cluster.local'}:${port}`,
    previewUrl: preview === null ? null : `${preview.scheme}://${preview.host}`,
  };
}
