import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { RunError } from '../errors.ts';

export const defaultClusterName = 'embedded';

/** Everything that one cluster keeps is in this folder, and nothing of it anywhere else. */
export interface ClusterFolder {
  name: string;
  dataDir: string;
  path: string;
  /** Names what the host sees of this cluster: link, cgroup, process mark. Follows from the path, so `down` needs no state. */
  id: string;
  kubeconfig: string;
  logs: string;
}

/** @throws RunError CLUSTER_NAME (fix-input) */
export function clusterFolder(dataDir: string, name: string = defaultClusterName): ClusterFolder {
  if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) {
    throw new RunError(`naming a cluster "${name}"`, {
      code: 'CLUSTER_NAME',
      remedy: 'fix-input',
      hint: 'Use at most 32 lower-case letters, digits and dashes.',
    });
  }
  const path = join(resolve(dataDir), 'cluster', name);
  const id = createHash('sha256').update(path).digest('hex').slice(0, 8);
  return { name, dataDir: resolve(dataDir), path, id, kubeconfig: join(path, 'kubeconfig'), logs: join(path, 'log') };
}

export const linkName = (id: string): string => `gr-${id}`;
export const cgroupName = (id: string): string => `greenroom-${id}`;
/** An argument of the node's PID 1, by which its processes are found again. */
export const processMark = (id: string): string => `greenroom-node:${id}`;
