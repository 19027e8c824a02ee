import { readFileSync } from 'node:fs';
import { BatchV1Api, CoreV1Api, Exec, KubeConfig } from '@kubernetes/client-node';
import { RunError } from '../errors.ts';
import type { ClusterApi } from './api-request.ts';
import { apiTransport } from './api-transport.ts';

/** One cluster, named explicitly (DESIGN, rule 8). Everyone who talks to a cluster gets this as an argument. */
export interface Kubernetes extends ClusterApi {
  config: KubeConfig;
  /** The kubeconfig file and context that Pulumi's provider gets, or null in-cluster. */
  kubeconfigPath: string | null;
  core: CoreV1Api;
  batch: BatchV1Api;
  exec: Exec;
}

/** @throws RunError CLUSTER_UNKNOWN (fix-input) when the file cannot be read or has no such context */
export function connectKubernetes(kubeconfigPath: string, context: string | null): Kubernetes {
  const config = new KubeConfig();
  try {
    config.loadFromString(readFileSync(kubeconfigPath, 'utf8'));
  } catch (cause) {
    throw new RunError(`reading the kubeconfig "${kubeconfigPath}"`, {
      code: 'CLUSTER_UNKNOWN',
      remedy: 'fix-input',
      hint: 'Set KUBECONFIG to a readable file, or leave --context away to use the embedded cluster.',
      cause,
    });
  }
  const wanted = context ?? config.getCurrentContext();
  const known = config.getContexts().map((candidate) => candidate.name);
  if (!known.includes(wanted)) {
    throw new RunError(`choosing the context "${wanted}" of "${kubeconfigPath}"`, {
      code: 'CLUSTER_UNKNOWN',
      remedy: 'fix-input',
      hint: `Known contexts: ${known.join(', ') || 'none'}.`,
    });
  }
  config.setCurrentContext(wanted);
  return fromConfig(config, kubeconfigPath, wanted);
}

export function connectInCluster(): Kubernetes {
  const config = new KubeConfig();
  config.loadFromCluster();
  return fromConfig(config, null, config.getCurrentContext());
}

function fromConfig(config: KubeConfig, kubeconfigPath: string | null, context: string): Kubernetes {
  return {
    config,
    kubeconfigPath,
    context,
    server: config.getCurrentCluster()?.server ?? 'the API server',
    request: apiTransport(config),
    core: config.makeApiClient(CoreV1Api),
    batch: config.makeApiClient(BatchV1Api),
    exec: new Exec(config),
  };
}
