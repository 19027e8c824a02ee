import { clusterFolder } from './cluster-folder.ts';
import { readNodeState } from './cluster-state.ts';
import { type ClusterStatus, partNames } from './embedded-cluster.ts';
import { registryPort } from './node-plan.ts';
import { readNodePlan } from './node-plan-file.ts';
import { findNode, nodeProcesses } from './node-processes.ts';

/** What a cluster is doing, from its processes and its supervisor's word; never throws for one that is down or was never up. */
export async function clusterStatus(options: { dataDir: string; name?: string }): Promise<ClusterStatus> {
  const folder = clusterFolder(options.dataDir, options.name);
  const node = await findNode(folder.id);
  const [plan, state, processes] = await Promise.all([
    readNodePlan(folder.path),
    readNodeState(folder.path),
    nodeProcesses(node),
  ]);
  const running = node?.initPid != null;
  const processOf = (innerPid: number | null | undefined) => processes.find((process) => process.innerPid === innerPid);
  const supervisor = processOf(state?.innerPid);
  return {
    name: folder.name,
    running,
    nodeReady: running && (state?.nodeReady ?? false),
    supervisorPid: supervisor?.pid ?? null,
    supervisorMemoryBytes: supervisor?.memoryBytes ?? null,
    startedAt: running ? (state?.startedAt ?? null) : null,
    addresses: plan && {
      node: plan.addresses.nodeAddress,
      host: plan.addresses.hostAddress,
      services: plan.addresses.serviceNetwork,
      pods: plan.addresses.podNetwork,
      registry: `${plan.addresses.nodeAddress}:${registryPort}`,
    },
    parts: partNames.map((name) => {
      const part = state?.parts.find((candidate) => candidate.name === name);
      const process = running ? processOf(part?.innerPid) : undefined;
      return {
        name,
        condition: running ? (part?.condition ?? 'waiting') : 'waiting',
        pid: process?.pid ?? null,
        memoryBytes: process?.memoryBytes ?? null,
        restarts: part?.restarts ?? 0,
        lastError: part?.lastError ?? null,
      };
    }),
    notes: state?.notes ?? [],
    kubeconfigPath: folder.kubeconfig,
    logFolder: folder.logs,
  };
}

/** Whether the cluster runs and its node is ready. */
export async function clusterRunning(options: { dataDir: string; name?: string }): Promise<boolean> {
  const folder = clusterFolder(options.dataDir, options.name);
  const node = await findNode(folder.id);
  return node?.initPid != null && ((await readNodeState(folder.path))?.nodeReady ?? false);
}
