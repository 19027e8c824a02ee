import type { RegistryAccess } from '../image/registry-access.ts';
import type { clusterTools } from '../toolchain/tools.ts';

/** The binaries that the toolchain finds or builds; everything else in a node is Debian's. */
export type ClusterTool = (typeof clusterTools)[number];

/** The parts of a node, in the order in which they are shown. */
export const partNames = [
  'etcd',
  'containerd',
  'registry',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'coredns',
] as const;
export type PartName = (typeof partNames)[number];

export interface EmbeddedCluster {
  name: string;
  kubeconfigPath: string;
  /** `greenroom-<name>`. */
  context: string;
  registry: RegistryAccess;
  /** Reachable from this machine only. */
  nodeAddress: string;
  /** The folder that was given, not the cluster's own folder in it. */
  dataDir: string;
}

/** `unhealthy` runs but does not answer; `restarting` died and waits for its next start. */
export type PartCondition = 'waiting' | 'starting' | 'running' | 'unhealthy' | 'restarting';

export interface PartStatus {
  name: PartName;
  condition: PartCondition;
  /** As this machine sees it (not the number inside the node), or null when there is no such process. */
  pid: number | null;
  memoryBytes: number | null;
  restarts: number;
  lastError: string | null;
}

export interface ClusterStatus {
  name: string;
  running: boolean;
  nodeReady: boolean;
  /** As this machine sees it. */
  supervisorPid: number | null;
  supervisorMemoryBytes: number | null;
  startedAt: string | null;
  addresses: { node: string; host: string; services: string; pods: string; registry: string } | null;
  parts: PartStatus[];
  /** What happened that a person should know, for instance that a damaged database was set aside. */
  notes: string[];
  kubeconfigPath: string;
  logFolder: string;
}
