import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { getCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { clusterUp } from '../cluster/cluster-up.ts';
import type { EmbeddedCluster } from '../cluster/embedded-cluster.ts';
import { checkFolder, checkPlace } from '../cluster/preconditions.ts';
import type { Config } from '../config/operator-config.ts';
import { RunError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { RegistryAccess } from '../image/registry-access.ts';
import { apiGet } from '../kubernetes/api-request.ts';
import { connectInCluster, connectKubernetes, type Kubernetes } from '../kubernetes/kubernetes.ts';
import { debianRun, ensureDebianPackages, isDebian } from '../toolchain/debian.ts';
import type { DebianNeed } from '../toolchain/debian-packages.ts';
import { defaultCacheDir, ensureTools } from '../toolchain/ensure-tools.ts';
import { pulumiRoot } from '../toolchain/pulumi-root.ts';
import { clusterTools, type ToolName } from '../toolchain/tools.ts';

export const repositoryDir = fileURLToPath(new URL('../..', import.meta.url));

/** The store's first pages, artifacts of a run and its images on their way. */
const storeBytes = 512 * 1024 ** 2;

const runTools = ['pulumi', 'pulumi-resource-kubernetes', 'k6'] as const;

export function packagesFor(cluster: Config['cluster']['kind']): DebianNeed[] {
  return [...(cluster === 'embedded' ? (['cluster'] as const) : []), 'images', 'browser', 'git'];
}

export function toolsFor(cluster: Config['cluster']['kind']): readonly ToolName[] {
  return cluster === 'embedded' ? [...clusterTools, ...runTools] : runTools;
}

/** The cluster, the registry and the programs that a command works with. */
export interface Machine {
  kubernetes: Kubernetes;
  registry: RegistryAccess;
  /** `<root>/bin/pulumi` with its provider beside it. */
  pulumiRoot: string;
  k6Path: string;
  cacheDir: string;
  /** Whether the cluster is the one that Greenroom started. */
  embedded: boolean;
}

export interface MachineOptions {
  host: Host;
  config: Config;
  assumeYes: boolean;
  onProgress: (line: string) => void;
  signal: AbortSignal;
}

/**
 * The embedded cluster by default; another one only when it is named (DESIGN, rule 8).
 * @throws RunError MACHINE_INCOMPLETE, TOOL_BUILD_FAILED, CLUSTER_UNKNOWN, CLUSTER_UNREACHABLE, CLUSTER_NEEDS_ROOT, REGISTRY_UNNAMED, DISK_FULL
 */
export async function openMachine(options: MachineOptions): Promise<Machine> {
  const { config } = options;
  if (config.cluster.kind === 'embedded') return openEmbedded(options);
  const registry = namedRegistry(config);
  const kubernetes = openNamedCluster(config);
  await checkFolder(config.service.dataDir, storeBytes);
  await ensurePackages(options, packagesFor('context'));
  // Looked at before the tools, which may have to be built first.
  await apiGet(kubernetes, '/version', options.signal);
  const found = await findTools(options, runTools);
  return {
    kubernetes,
    registry,
    ...(await placesOf(found, options.host)),
    embedded: false,
  };
}

/** `greenroom cluster up`: no more than the node needs. */
export async function bringClusterUp(options: MachineOptions): Promise<EmbeddedCluster> {
  const { config, onProgress, signal } = options;
  await checkPlace(config.service.dataDir);
  await ensurePackages(options, ['cluster', 'images']);
  const tools = await findTools(options, clusterTools);
  return clusterUp({ dataDir: config.service.dataDir, tools, onProgress, signal });
}

async function openEmbedded(options: MachineOptions): Promise<Machine> {
  const { config, onProgress, signal } = options;
  await checkPlace(config.service.dataDir);
  await ensurePackages(options, packagesFor('embedded'));
  const found = await findTools(options, [...clusterTools, ...runTools]);
  const cluster = await clusterUp({ dataDir: config.service.dataDir, tools: found, onProgress, signal });
  return {
    kubernetes: connectKubernetes(cluster.kubeconfigPath, cluster.context),
    registry: cluster.registry,
    ...(await placesOf(found, options.host)),
    embedded: true,
  };
}

/** The cluster that `--context` or GREENROOM_KUBE_CONTEXT names. */
export function openNamedCluster({ cluster }: Config): Kubernetes {
  if (cluster.kind === 'in-cluster') return connectInCluster();
  return connectKubernetes(cluster.kubeconfigPath ?? join(homedir(), '.kube', 'config'), cluster.context);
}

export async function ensurePackages(options: MachineOptions, needs: DebianNeed[]): Promise<void> {
  const { host } = options;
  await ensureDebianPackages(needs, {
    isRoot: isRoot(),
    isDebian: host.platform === 'linux' && (await isDebian()),
    interactive: host.stdin.isTTY && host.stderr.isTTY ? (question) => ask(host, question) : null,
    assumeYes: options.assumeYes,
    run: debianRun(host.env),
    onProgress: options.onProgress,
    signal: options.signal,
  });
}

export async function findTools<Name extends ToolName>(
  { host, onProgress, signal }: MachineOptions,
  names: readonly Name[],
): Promise<Record<Name, string>> {
  return ensureTools(names, {
    cacheDir: defaultCacheDir(host.env),
    path: host.env.PATH ?? '',
    repositoryDir,
    onProgress: (progress) => {
      if (progress.state !== 'cached' && progress.state !== 'on-path') onProgress(progress.text);
    },
    signal,
    env: host.env,
  });
}

async function placesOf(found: Record<'pulumi' | 'pulumi-resource-kubernetes' | 'k6', string>, host: Host) {
  const cacheDir = defaultCacheDir(host.env);
  return { pulumiRoot: await pulumiRoot(found, cacheDir), k6Path: found.k6, cacheDir };
}

/**
 * TLS, but for a registry on this machine; a private CA comes by NODE_EXTRA_CA_CERTS, as for everything in Node. Builds in the
 * cluster get it from here, together with the public ones.
 */
export function namedRegistry({ registry, cluster }: Config): RegistryAccess {
  const { address, authPath } = registry;
  if (address === null) {
    throw new RunError(`using the cluster of context "${cluster.context}"`, {
      code: 'REGISTRY_UNNAMED',
      remedy: 'fix-input',
      hint: 'Set GREENROOM_REGISTRY to a registry that this machine and the cluster reach, such as registry.example.com:5000.',
    });
  }
  const isLocal = /^(localhost|127\.|\[::1\])/.test(address);
  const ca = getCACertificates('extra').length > 0 ? getCACertificates('default').join('\n') : null;
  return { address, scheme: isLocal ? 'http' : 'https', ca, dockerConfigPath: authPath };
}

function isRoot(): boolean {
  return userInfo().uid === 0;
}

async function ask(host: Host, question: string): Promise<boolean> {
  const terminal = createInterface({ input: host.stdin, output: host.stderr });
  try {
    const answer = await terminal.question(question, { signal: host.shutdown });
    return !/^n/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
