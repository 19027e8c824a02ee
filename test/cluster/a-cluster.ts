import { mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterDown } from '../../src/cluster/cluster-down.ts';
import { clusterStatus } from '../../src/cluster/cluster-status.ts';
import { type ClusterUpOptions, clusterUp } from '../../src/cluster/cluster-up.ts';
import type { ClusterStatus, EmbeddedCluster, PartName } from '../../src/cluster/embedded-cluster.ts';
import { libraryClosure } from '../../src/image/library-closure.ts';
import { packLayer } from '../../src/image/pack-layer.ts';
import { pushFile, pushManifest } from '../../src/image/push-blobs.ts';
import { RegistryClient } from '../../src/image/registry-client.ts';
import { connectKubernetes, type Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { defaultCacheDir, ensureTools } from '../../src/toolchain/ensure-tools.ts';
import { clusterTools } from '../../src/toolchain/tools.ts';

const signal = new AbortController().signal;

/** A cluster of a test's own, in a folder of its own. */
export class ACluster {
  readonly dataDir: string;
  readonly lines: string[] = [];
  #name: string;
  #root: string;
  #options: Partial<ClusterUpOptions>;

  constructor(name: string, innerFolder = 'data', options: Partial<ClusterUpOptions> = {}) {
    this.#name = name;
    this.#options = options;
    this.#root = mkdtempSync(join(tmpdir(), 'greenroom-cluster-'));
    this.dataDir = join(this.#root, innerFolder);
  }

  async up(): Promise<EmbeddedCluster> {
    const repositoryDir = join(import.meta.dirname, '..', '..');
    const { env } = process;
    const cacheDir = defaultCacheDir(env);
    const path = env.PATH ?? '';
    const tools = await ensureTools(clusterTools, {
      cacheDir,
      path,
      repositoryDir,
      onProgress: () => undefined,
      signal,
      env,
    });
    this.lines.length = 0;
    return clusterUp({
      dataDir: this.dataDir,
      name: this.#name,
      tools,
      onProgress: (line) => this.lines.push(line),
      signal,
      ...this.#options,
    });
  }

  async down(): Promise<void> {
    await clusterDown({ dataDir: this.dataDir, name: this.#name, onProgress: (line) => this.lines.push(line), signal });
  }

  status(): Promise<ClusterStatus> {
    return clusterStatus({ dataDir: this.dataDir, name: this.#name });
  }

  async part(name: PartName): Promise<ClusterStatus['parts'][number]> {
    const found = (await this.status()).parts.find((part) => part.name === name);
    if (!found) throw new Error(`no part "${name}"`);
    return found;
  }

  /** The part once it runs: another that died may have taken it along. */
  async running(name: PartName): Promise<{ pid: number; restarts: number }> {
    let pid: number | null = null;
    let restarts = 0;
    await eventually(`${name} runs`, async () => {
      ({ pid, restarts } = await this.part(name));
      return pid !== null;
    });
    if (pid === null) throw new Error(`no process "${name}"`);
    return { pid, restarts };
  }

  async killSupervisor(): Promise<void> {
    const pid = (await this.status()).supervisorPid;
    if (pid === null) throw new Error('no supervisor');
    process.kill(pid, 'SIGKILL');
    await eventually('the node is gone', async () => !(await this.status()).running);
  }

  async remove(): Promise<void> {
    await this.down();
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** Bash opens connections by itself: enough to ask what a pod can reach; `ip` for one on the node's network. Nobody's image is needed. */
export async function pushShellImage(cluster: Pick<EmbeddedCluster, 'registry'>, scratch: string): Promise<string> {
  const programs = ['/usr/bin/bash', '/usr/bin/sleep', '/usr/bin/ip'];
  const files = [...programs, ...(await libraryClosure(programs, signal))];
  const entries = await Promise.all(
    files.map(async (path) => {
      const { size, mtimeMs } = await stat(path);
      return { path, kind: 'file', mode: 0o755, source: path, size, changedMs: mtimeMs } as const;
    }),
  );
  const links = ['lib', 'lib64'].map((name) => ({ path: `/${name}`, kind: 'link', target: `usr/${name}` }) as const);
  const layer = await packLayer([...links, ...entries], join(scratch, 'shell.tar'), signal);
  const client = new RegistryClient(cluster.registry);
  await pushFile(client, 'test/shell', layer, signal);
  const config = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Cmd: ['/usr/bin/sleep', 'infinity'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  };
  const layers = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer.digest, size: layer.size }];
  await pushManifest(client, 'test/shell', { tag: '1', config, layers }, signal);
  return `${cluster.registry.address}/test/shell:1`;
}

export async function runPod(cluster: EmbeddedCluster, name: string, image: string): Promise<Kubernetes> {
  const kubernetes = connectKubernetes(cluster.kubeconfigPath, cluster.context);
  const spec = { containers: [{ name: 'shell', image }], terminationGracePeriodSeconds: 1 };
  await eventually('the service account is there', async () => {
    await kubernetes.core.readNamespacedServiceAccount({ namespace: 'default', name: 'default' });
    return true;
  });
  await kubernetes.core.createNamespacedPod({ namespace: 'default', body: { metadata: { name }, spec } });
  await eventually(`pod "${name}" runs`, async () => {
    const pod = await kubernetes.core.readNamespacedPod({ namespace: 'default', name });
    return pod.status?.phase === 'Running';
  });
  return kubernetes;
}

/** Bounded; an error counts as not yet, and is the cause when it stays. */
export async function eventually(what: string, condition: () => Promise<boolean>): Promise<void> {
  let cause: unknown;
  for (let attempt = 0; attempt < 300; attempt += 1) {
    try {
      if (await condition()) return;
    } catch (error) {
      cause = error;
    }
    await sleep(200);
  }
  throw new Error(`waited a minute, but not: ${what}`, { cause });
}
