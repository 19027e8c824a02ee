import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { RunError } from '../errors.ts';
import { clusterTools } from '../toolchain/tools.ts';
import { type AddressPlan, chooseAddressPlan, isFree } from './address-plan.ts';
import { awaitNode, isComplete, progressLines } from './await-node.ts';
import { type ClusterFolder, clusterFolder } from './cluster-folder.ts';
import { withClusterLock } from './cluster-lock.ts';
import { readNodeState } from './cluster-state.ts';
import type { ClusterTool, EmbeddedCluster } from './embedded-cluster.ts';
import { clusterContext, dockerConfigPath, furnishFolder } from './furnish-folder.ts';
import { takenNetworks } from './host-network.ts';
import { launchNode } from './launch-node.ts';
import { type NodePlan, registryPort } from './node-plan.ts';
import { readNodePlan, writeNodePlan } from './node-plan-file.ts';
import { findNode } from './node-processes.ts';
import { checkPreconditions } from './preconditions.ts';
import { removeNode } from './remove-node.ts';

export interface ClusterUpOptions {
  dataDir: string;
  /** `embedded` when left away. */
  name?: string;
  /** Absolute paths of the binaries. */
  tools: Record<ClusterTool, string>;
  /** The registry asks for a password; pods still pull without one, since the node knows it. */
  registryAuth?: { username: string; password: string };
  /** The registry speaks TLS, with a certificate of the cluster's own authority. */
  registryTls?: boolean;
  onProgress: (line: string) => void;
  signal: AbortSignal;
}

const startTimeoutMs = 120_000;
const repairTimeoutMs = 30_000;

/**
 * Starts a cluster, or repairs it, or does nothing when it runs: ready on return in any case. What it kept from earlier is there again.
 * @throws RunError those of checkPreconditions and awaitNode; CLUSTER_ADDRESSES_TAKEN (fix-input), CLUSTER_NAMESPACES (fix-input)
 */
export async function clusterUp(options: ClusterUpOptions): Promise<EmbeddedCluster> {
  const folder = clusterFolder(options.dataDir, options.name);
  await checkPreconditions(folder, options.tools);
  return withClusterLock(folder, options.signal, async () => {
    const plan = await ensureNode(folder, options);
    return describeCluster(folder, plan);
  });
}

async function ensureNode(folder: ClusterFolder, options: ClusterUpOptions): Promise<NodePlan> {
  const { onProgress, signal } = options;
  const kept = await readNodePlan(folder.path);
  const node = await findNode(folder.id);
  if (kept && node) {
    if (isDeepStrictEqual(kept, planNode(folder, options, kept.addresses))) {
      if (await isRepaired(folder, options)) return kept;
      onProgress('the node does not recover: starting it again');
    } else onProgress('other versions or options than those running: starting the node again');
  }
  // Also after a crash: what is left of it on the host goes first, so that its own addresses are free.
  await removeNode(folder.id);
  const plan = planNode(folder, options, await ensureAddresses(folder, kept, signal));
  await furnishFolder(folder, plan, signal);
  await writeNodePlan(folder.path, plan);
  await startNode(folder, plan, options);
  return plan;
}

/** Whether a running node is complete, or becomes so by its supervisor's own doing. */
async function isRepaired(folder: ClusterFolder, options: ClusterUpOptions): Promise<boolean> {
  const { onProgress, signal } = options;
  const state = await readNodeState(folder.path);
  if (state && isComplete(state)) {
    onProgress(`cluster "${folder.name}" is running`);
    return true;
  }
  for (const part of state?.parts ?? []) {
    if (part.condition !== 'running')
      onProgress(`${part.name} is ${part.condition} (${part.lastError ?? 'no reason known'})`);
  }
  try {
    await awaitNode({
      folder,
      timeoutMs: repairTimeoutMs,
      onProgress,
      signal,
      told: state ? progressLines(state) : [],
    });
    return true;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return false;
  }
}

async function startNode(folder: ClusterFolder, plan: NodePlan, options: ClusterUpOptions): Promise<void> {
  const { onProgress, signal } = options;
  try {
    await launchNode(folder, plan);
    await awaitNode({ folder, timeoutMs: startTimeoutMs, onProgress, signal });
  } catch (error) {
    // Half a node helps nobody; its logs stay.
    await removeNode(folder.id);
    throw error;
  }
}

function planNode(folder: ClusterFolder, options: ClusterUpOptions, addresses: AddressPlan): NodePlan {
  const registry = { tls: options.registryTls ?? false, login: options.registryAuth ?? null };
  const tools = Object.fromEntries(clusterTools.map((name) => [name, options.tools[name]])) as Record<
    ClusterTool,
    string
  >;
  return { id: folder.id, name: folder.name, addresses, tools, registry };
}

/** Certificates and the database speak of the addresses, so kept state keeps them. */
async function ensureAddresses(
  folder: ClusterFolder,
  kept: NodePlan | null,
  signal: AbortSignal,
): Promise<AddressPlan> {
  const taken = await takenNetworks(signal);
  if (kept) {
    if (isFree(kept.addresses.block, taken)) return kept.addresses;
    const hint = `Remove the route or link that uses ${kept.addresses.block}, or delete "${folder.path}" to start anew on other addresses.`;
    throw addressesTaken(`giving the cluster "${folder.name}" its addresses ${kept.addresses.block} again`, hint);
  }
  const chosen = chooseAddressPlan(folder.id, taken);
  if (chosen === null) {
    const hint =
      'A free /20 is needed in 10.248.0.0/14, 172.28.0.0/14 or 198.18.0.0/15: see "ip route show table all".';
    throw addressesTaken('looking for addresses that this machine does not use', hint);
  }
  // State without a plan speaks of addresses that nobody knows any more.
  for (const stale of ['pki', 'etcd', 'kubelet']) await rm(join(folder.path, stale), { recursive: true, force: true });
  return chosen;
}

function addressesTaken(doing: string, hint: string): RunError {
  return new RunError(doing, { code: 'CLUSTER_ADDRESSES_TAKEN', remedy: 'fix-input', hint });
}

async function describeCluster(folder: ClusterFolder, plan: NodePlan): Promise<EmbeddedCluster> {
  const { tls, login } = plan.registry;
  return {
    name: folder.name,
    kubeconfigPath: folder.kubeconfig,
    context: clusterContext(folder.name),
    registry: {
      address: `${plan.addresses.nodeAddress}:${registryPort}`,
      scheme: tls ? 'https' : 'http',
      ca: tls ? await readFile(join(folder.path, 'pki', 'ca.crt'), 'utf8') : null,
      dockerConfigPath: login ? dockerConfigPath(folder) : null,
    },
    nodeAddress: plan.addresses.nodeAddress,
    dataDir: folder.dataDir,
  };
}
