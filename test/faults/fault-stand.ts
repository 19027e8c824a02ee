import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { type GitHubStandIn, startGitHubStandIn } from '../../src/forge/github-stand-in/start-github-stand-in.ts';
import { applicationFiles, type Shape } from './application.ts';
import { FaultChange } from './fault-change.ts';
import { FaultCluster } from './fault-cluster.ts';
import { processesMarked } from './own-processes.ts';
import { ServeProcess } from './serve-process.ts';
import { until } from './until.ts';

export interface StandOptions {
  replicas?: number;
  /** On top of what every stand has. */
  env?: Record<string, string>;
  /** Before the first start; with the folder of each replica. */
  furnish?: (serve: ServeProcess) => Promise<void>;
}

/** A GitHub, one or more processes of a real Greenroom on the cluster of the faults, and changes to test. */
export class FaultStand {
  readonly cluster: FaultCluster;
  readonly github: GitHubStandIn;
  readonly serves: ServeProcess[];
  readonly instance: string;
  readonly folder: string;
  #repositories = 0;
  #branches = 0;
  #used: ServeProcess | null = null;

  private constructor(parts: Pick<FaultStand, 'cluster' | 'github' | 'serves' | 'instance' | 'folder'>) {
    this.cluster = parts.cluster;
    this.github = parts.github;
    this.serves = parts.serves;
    this.instance = parts.instance;
    this.folder = parts.folder;
  }

  static async open({ replicas = 1, env = {}, furnish }: StandOptions = {}): Promise<FaultStand> {
    const cluster = await FaultCluster.open();
    const folder = await mkdtemp(join(tmpdir(), 'greenroom-faults-'));
    const users = { ada: 'write' } as const;
    const github = await startGitHubStandIn({ dataDir: join(folder, 'git'), users });
    const instance = `f${folder.slice(-6).toLowerCase()}`;
    const serves: ServeProcess[] = [];
    const stand = new FaultStand({ cluster, github, serves, instance, folder });
    try {
      const common = { ...environmentOf(cluster, github, instance), ...env };
      for (let index = 0; index < replicas; index++) {
        const serve = await ServeProcess.in(join(folder, `serve-${index}`), common);
        serves.push(serve);
        await furnish?.(serve);
      }
      for (const serve of serves) await serve.start();
      stand.useFrom(stand.serve);
      return stand;
    } catch (error) {
      await stand.close();
      throw error;
    }
  }

  /** The only one, or the first. */
  get serve(): ServeProcess {
    const [first] = this.serves;
    if (first === undefined) throw new Error('a stand without serve');
    return first;
  }

  /** Deliveries go to this one from now on, and tests look at what it says. */
  useFrom(serve: ServeProcess): void {
    this.#used = serve;
    this.github.setWebhookUrl(`${serve.url}/webhooks/github`);
  }

  repository(files: Record<string, string>): Promise<StandInRepository> {
    this.#repositories += 1;
    return this.github.createRepository(`tiny-${this.#repositories}`, { files });
  }

  /** A change in a repository of its own. */
  async openChange(shape: Shape = {}): Promise<FaultChange> {
    return this.openChangeIn(await this.repository(applicationFiles(shape)));
  }

  async openChangeIn(repository: StandInRepository): Promise<FaultChange> {
    this.#branches += 1;
    const branch = `change-${this.#branches}`;
    await repository.pushTo(branch, { user: 'ada', message: 'Change', files: { 'NEWS.md': `${branch}\n` } });
    const number = await repository.openPullRequest({ title: 'A change', user: 'ada', head: branch });
    return new FaultChange(repository, number, () => this.#used ?? this.serve);
  }

  async stopServes(): Promise<void> {
    for (const serve of this.serves) if (serve.running) serve.thaw();
    await Promise.all(this.serves.map((serve) => serve.stop()));
    const children = () => this.serves.flatMap((serve) => processesMarked(serve.mark));
    await until('no process of serve is left', async () => children().length === 0);
  }

  async close(): Promise<void> {
    this.cluster.resume();
    await this.stopServes();
    await this.github.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function environmentOf({ embedded, folder }: FaultCluster, github: GitHubStandIn, instance: string) {
  return {
    KUBECONFIG: embedded.kubeconfigPath,
    GREENROOM_KUBE_CONTEXT: embedded.context,
    GREENROOM_INSTANCE: instance,
    GREENROOM_REGISTRY: embedded.registry.address,
    NODE_EXTRA_CA_CERTS: join(folder, 'pki', 'ca.crt'),
    GREENROOM_GITHUB_API_URL: github.apiUrl,
    GREENROOM_GITHUB_APP_ID: github.appId,
    GREENROOM_GITHUB_PRIVATE_KEY: github.privateKey,
    GREENROOM_GITHUB_WEBHOOK_SECRET: github.webhookSecret,
  };
}
