import { clusterFolder } from '../../src/cluster/cluster-folder.ts';
import { clusterStatus } from '../../src/cluster/cluster-status.ts';
import type { EmbeddedCluster, PartName } from '../../src/cluster/embedded-cluster.ts';
import { ensureBaseImages } from '../../src/image/runner-images.ts';
import { connectKubernetes, type Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { defaultCacheDir } from '../../src/toolchain/ensure-tools.ts';
import { clusterName } from './global-setup.ts';
import { until } from './until.ts';

/** The cluster of all fault tests, and what may happen to its parts. */
export class FaultCluster {
  readonly embedded: EmbeddedCluster;
  readonly kubernetes: Kubernetes;
  /** As the host names what it has of it. */
  readonly id: string;
  readonly folder: string;
  readonly #paused = new Set<number>();

  private constructor(embedded: EmbeddedCluster) {
    const folder = clusterFolder(embedded.dataDir, clusterName);
    this.embedded = embedded;
    this.kubernetes = connectKubernetes(embedded.kubeconfigPath, embedded.context);
    this.id = folder.id;
    this.folder = folder.path;
  }

  /** Comes up with the first caller, with the image that the application runs in. */
  static async open(): Promise<FaultCluster> {
    const answer = await fetch(addressOfCluster());
    if (!answer.ok) throw new Error(`no cluster for the faults: ${await answer.text()}`);
    const cluster = new FaultCluster((await answer.json()) as EmbeddedCluster);
    await ensureBaseImages({
      registry: cluster.embedded.registry,
      cacheDir: defaultCacheDir(process.env),
      signal: AbortSignal.timeout(300_000),
    });
    return cluster;
  }

  /** Takes it down, where it is up; whoever opens it then gets another. */
  static async remove(): Promise<void> {
    const answer = await fetch(addressOfCluster(), { method: 'DELETE' });
    if (!answer.ok) throw new Error(`the cluster of the faults stays: ${await answer.text()}`);
  }

  status() {
    return clusterStatus({ dataDir: this.embedded.dataDir, name: clusterName });
  }

  /** SIGSTOP: it holds its sockets and answers nothing, until it is resumed. */
  async pause(name: PartName): Promise<void> {
    const pid = await this.#pidOf(name);
    process.kill(pid, 'SIGSTOP');
    this.#paused.add(pid);
  }

  resume(): void {
    for (const pid of this.#paused) process.kill(pid, 'SIGCONT');
    this.#paused.clear();
  }

  /** SIGKILL; resolves when its supervisor has it running again. */
  async restart(name: PartName): Promise<void> {
    const pid = await this.#pidOf(name);
    process.kill(pid, 'SIGKILL');
    await until(`${name} runs again`, async () => {
      const part = (await this.status()).parts.find((one) => one.name === name);
      return part?.condition === 'running' && part.pid !== null && part.pid !== pid;
    });
  }

  async #pidOf(name: PartName): Promise<number> {
    const pid = (await this.status()).parts.find((one) => one.name === name)?.pid;
    if (pid == null) throw new Error(`the cluster has no process "${name}"`);
    return pid;
  }
}

function addressOfCluster(): string {
  const address = process.env.GREENROOM_FAULTS_CLUSTER;
  if (address === undefined) throw new Error('run this test with the project "faults"');
  return address;
}
