import type { EnvironmentSpec, KubernetesObject, SuitePodSpec } from './environment-spec.ts';
import { namespaceNameOf } from './namespace.ts';
import { bytesOf, formatCores, formatMebibytes, millicoresOf } from './quantity.ts';

/** Requests of the `files` sidecar that stands in every suite pod (suites.ts). */
export const sidecarResources = {
  requests: { cpu: '10m', memory: '48Mi' },
  limits: { memory: '256Mi' },
} as const;

/** What a container requests that asks for nothing, where its environment has as much. */
export const unaskedRequests = { cpu: '50m', memory: '64Mi' } as const;

/** Nothing of an environment is reachable from outside the cluster, whoever asks for it. */
const noWayIn = { 'services.loadbalancers': '0', 'services.nodeports': '0' };

/** What a container may write beside its volumes when it says nothing, and at most: the node's disk is everybody's. */
const disk = { unasked: '2Gi', most: '10Gi' } as const;

/**
 * The ceiling of the application: cpu counts by request and every container's limit, memory by request and by limit. A
 * container without a limit gets the environment's whole cpu and 512Mi (or less, where the environment has less), and a limit on
 * what it writes to the node's disk, which reserves nothing.
 */
export function applicationLimits(spec: EnvironmentSpec): KubernetesObject[] {
  const namespace = namespaceNameOf(spec, 'application');
  const { cpu, memory, pods, claims = 10, storage, scratch } = spec.quota;
  const ownMemory = formatMebibytes(Math.min(512 * 1024 ** 2, bytesOf(memory)));
  return [
    resourceQuota(namespace, {
      'requests.cpu': cpu,
      'requests.memory': memory,
      'limits.memory': memory,
      pods: String(pods),
      persistentvolumeclaims: String(claims),
      ...(storage === undefined ? {} : { 'requests.storage': storage }),
      ...noWayIn,
    }),
    limitRange(namespace, {
      default: { cpu, memory: ownMemory, 'ephemeral-storage': scratch ?? disk.unasked },
      defaultRequest: {
        cpu: formatCores(Math.min(millicoresOf(unaskedRequests.cpu), millicoresOf(cpu))),
        memory: formatMebibytes(Math.min(bytesOf(unaskedRequests.memory), bytesOf(memory))),
        // Else it would be as much as the limit, and nodes would be full of what nobody writes.
        'ephemeral-storage': '0',
      },
      max: { cpu, 'ephemeral-storage': scratch ?? disk.most },
    }),
  ];
}

/** The suites' own ceiling: exactly what their pods ask for, so that neither side can starve the other. */
export function suitesLimits(spec: EnvironmentSpec): KubernetesObject[] {
  const namespace = namespaceNameOf(spec, 'suites');
  const pods = spec.suites.reduce((sum, suite) => sum + suite.shards, 0);
  const total = (amountOf: (suite: SuitePodSpec) => number) =>
    spec.suites.reduce((sum, suite) => sum + suite.shards * amountOf(suite), 0);
  const requestedMemory = total(
    (s) => bytesOf(s.resources.requests.memory) + bytesOf(sidecarResources.requests.memory),
  );
  const limitedMemory = total((s) => bytesOf(s.resources.limits.memory) + bytesOf(sidecarResources.limits.memory));
  const requestedCpu = total(
    (s) => millicoresOf(s.resources.requests.cpu) + millicoresOf(sidecarResources.requests.cpu),
  );
  return [
    resourceQuota(namespace, {
      'requests.cpu': formatCores(requestedCpu),
      'requests.memory': formatMebibytes(requestedMemory),
      'limits.memory': formatMebibytes(limitedMemory),
      pods: String(pods),
      persistentvolumeclaims: '0',
      ...noWayIn,
    }),
  ];
}

function resourceQuota(namespace: string, hard: Record<string, string>): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'greenroom', namespace }, spec: { hard } };
}

function limitRange(namespace: string, limits: Record<string, Record<string, string>>): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'greenroom', namespace },
    spec: { limits: [{ type: 'Container', ...limits }] },
  };
}
