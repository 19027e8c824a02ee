import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { annotations } from '../../infra/labels.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { type GitHubStandIn, startGitHubStandIn } from '../../src/forge/github-stand-in/start-github-stand-in.ts';
import { ensureBaseImages } from '../../src/image/runner-images.ts';
import { VerdictDocument } from '../../src/verdict/verdict-document.ts';
import { freePort } from '../free-port.ts';
import { repositoryDir } from '../greenroom-process.ts';
import { needed, testMachine } from '../journey-stand.ts';

/** `greenroom serve` in a process of its own, to be ended in the middle of things, and the GitHub that it serves. */
export interface KilledServe {
  github: GitHubStandIn;
  instance: string;
  /** Where it serves. */
  url: string;
  /** The operator puts a Secret up for every repository, in the place of an earlier one. */
  putUp(name: string, data: Record<string, string>): Promise<void>;
  openChange(files: Record<string, string>): Promise<{ repository: StandInRepository; number: number; head: string }>;
  /** The documents of all runs, oldest first. */
  documents(): Promise<VerdictDocument[]>;
  /** Looks at the newest run until it is so. */
  until(isSo: (document: VerdictDocument) => boolean): Promise<VerdictDocument>;
  /** Ends the process and starts another one on the same data. */
  restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  close(): Promise<void>;
}

const patienceMs = 400_000;

export async function openKilledServe(): Promise<KilledServe> {
  const { registry, cacheDir } = testMachine();
  await ensureBaseImages({ registry, cacheDir, signal: AbortSignal.timeout(patienceMs) });
  const folder = await mkdtemp(join(tmpdir(), 'greenroom-killed-'));
  const github = await startGitHubStandIn({ dataDir: join(folder, 'git'), users: { ada: 'write' } });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  github.setWebhookUrl(`${url}/webhooks/github`);
  const instance = `k${folder.slice(-6).toLowerCase()}`;
  const { core } = testMachine().kubernetes;
  const secretsNamespace = `${instance}-secrets`;
  await core.createNamespace({ body: { metadata: { name: secretsNamespace } } });
  // The embedded cluster of the tests is that of their data folder.
  const dataDir = join(dirname(needed('GREENROOM_TEST_KUBECONFIG')), '..', '..');
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME,
    GREENROOM_DATA_DIR: dataDir,
    GREENROOM_INSTANCE: instance,
    GREENROOM_SECRETS_NAMESPACE: secretsNamespace,
    GREENROOM_PORT: String(port),
    GREENROOM_GITHUB_API_URL: github.apiUrl,
    GREENROOM_GITHUB_APP_ID: github.appId,
    GREENROOM_GITHUB_PRIVATE_KEY: github.privateKey,
    GREENROOM_GITHUB_WEBHOOK_SECRET: github.webhookSecret,
  };
  const logFile = join(folder, 'serve.log');
  let child = await start(env, logFile, url);
  let repositories = 0;
  const documents = async () => {
    const { runs } = (await ask(`${url}/api/runs`)) as {
      runs: { id: string; generation: number; repository: string }[];
    };
    const own = runs.filter(({ repository }) => repository === `acme/${instance}-${repositories}`);
    const sorted = own.sort((a, b) => a.generation - b.generation);
    return Promise.all(sorted.map(async ({ id }) => VerdictDocument.parse(await ask(`${url}/api/runs/${id}`))));
  };
  return {
    github,
    instance,
    url,
    async putUp(name, stringData) {
      const place = { namespace: secretsNamespace };
      await core.deleteNamespacedSecret({ ...place, name }).catch(() => undefined);
      const metadata = { name, annotations: { [annotations.repositories]: 'acme/*' } };
      await core.createNamespacedSecret({ ...place, body: { metadata, stringData } });
    },
    async openChange(files) {
      repositories += 1;
      const repository = await github.createRepository(`${instance}-${repositories}`, { files });
      await repository.pushTo('change', { user: 'ada', message: 'Change', files: { 'NEWS.md': 'New.\n' } });
      const number = await repository.openPullRequest({ title: 'A change', user: 'ada', head: 'change' });
      return { repository, number, head: repository.pull(number).head.sha };
    },
    documents,
    async until(isSo) {
      let last: VerdictDocument | undefined;
      for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(100)) {
        last = (await documents().catch(() => [])).at(-1);
        if (last !== undefined && isSo(last)) return last;
        if (last?.phase === 'done' && last.teardown.status === 'gone') break;
      }
      throw new Error(
        `it did not come to that; the run: ${JSON.stringify(last)}; the log: ${await readFile(logFile, 'utf8')}`,
      );
    },
    async restart(signal) {
      await end(child, signal);
      child = await start(env, logFile, url);
    },
    async close() {
      await end(child, 'SIGTERM');
      await github.close();
      await core.deleteNamespace({ name: secretsNamespace });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function start(env: NodeJS.ProcessEnv, logFile: string, url: string): Promise<ChildProcess> {
  const log = openSync(logFile, 'a');
  const command = [join(repositoryDir, 'src', 'main.ts'), 'serve'];
  const child = spawn(process.execPath, command, { cwd: repositoryDir, env, stdio: ['ignore', log, log] });
  closeSync(log);
  process.once('exit', () => child.kill('SIGKILL'));
  for (const until = Date.now() + patienceMs; Date.now() < until && child.exitCode === null; await sleep(100)) {
    if (await ask(`${url}/healthz`).catch(() => null)) return child;
  }
  throw new Error(`serve does not answer: ${await readFile(logFile, 'utf8')}`);
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return answer.text().then((text) => (text.startsWith('{') ? JSON.parse(text) : text || true));
}
