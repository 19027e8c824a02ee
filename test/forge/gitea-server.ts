import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildEnvironment } from '../../src/toolchain/build-tool.ts';
import { childOutput } from '../../src/toolchain/child-output.ts';
import { freePort } from '../free-port.ts';
import { startPostgres } from '../store/postgres-server.ts';

export interface GiteaServer {
  url: string;
  /** A request to its API as somebody; the answer's body, parsed. @throws for what it refuses */
  ask<T>(user: string, method: string, path: string, body?: unknown): Promise<T>;
  stop(): Promise<void>;
}

/** Of everybody. */
export const password = 'open-sesame';
/** Of the whole forge. */
export const administrator = 'root-of-all';

const repositoryDir = join(import.meta.dirname, '../..');
const signal = new AbortController().signal;

/** A real Gitea in a temp folder on a loopback port, with a PostgreSQL server of its own. */
export async function startGitea(): Promise<GiteaServer> {
  const gitea = process.env.GREENROOM_TEST_GITEA ?? '';
  const database = await startPostgres();
  const folder = await mkdtemp(join(tmpdir(), 'greenroom-gitea-'));
  let server: ChildProcess | null = null;
  const stop = async () => {
    if (server !== null && server.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    }
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { host, pathname } = new URL(await database.freshDatabase());
    const port = await freePort();
    const env = await environmentIn(folder);
    const ini = await writeIni(folder, {
      USER: env.USER ?? '',
      PORT: String(port),
      STATIC: await staticFiles(),
      DATABASE_HOST: host,
      DATABASE: pathname.slice(1),
      INTERNAL_TOKEN: await command(gitea, ['generate', 'secret', 'INTERNAL_TOKEN'], env),
    });
    await command(gitea, ['--config', ini, 'migrate'], env);
    const account = ['--admin', '--username', administrator, '--password', password, '--must-change-password=false'];
    await command(gitea, ['--config', ini, 'admin', 'user', 'create', '--email', 'root@example.test', ...account], env);
    server = spawn(gitea, ['--config', ini, 'web'], { cwd: folder, env, stdio: 'ignore' });
    const url = `http://127.0.0.1:${port}`;
    await untilItAnswers(`${url}/api/healthz`, server);
    return { url, stop, ask: (user, method, path, body) => ask(url, { user, method, path, body }) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Nothing of this machine's git configuration takes part, and no key of ours. */
async function environmentIn(folder: string): Promise<Record<string, string>> {
  const home = join(folder, 'home');
  await mkdir(home);
  return { PATH: process.env.PATH ?? '', HOME: home, USER: userInfo().username, GITEA_WORK_DIR: folder, GOGC: '400' };
}

/** Templates and languages, which lie in the module and not in the binary. */
async function staticFiles(): Promise<string> {
  const download = ['mod', 'download', '-json', 'code.gitea.io/gitea'];
  const options = { cwd: join(repositoryDir, 'tools/gitea'), env: buildEnvironment(process.env), signal };
  const { stdout } = await childOutput('go', download, options);
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

async function writeIni(folder: string, values: Record<string, string>): Promise<string> {
  const template = await readFile(join(import.meta.dirname, 'gitea.ini'), 'utf8');
  const all: Record<string, string> = { ...values, FOLDER: folder };
  const path = join(folder, 'app.ini');
  await writeFile(
    path,
    template.replaceAll(/@([A-Z_]+)@/g, (_, name: string) => all[name] ?? ''),
  );
  return path;
}

async function command(gitea: string, args: string[], env: Record<string, string>): Promise<string> {
  const { code, stdout, tail } = await childOutput(gitea, args, { env, signal, timeoutMs: 120_000 });
  if (code !== 0) throw new Error(`gitea ${args.join(' ')}: ${tail.join('\n')}`);
  return stdout.trim();
}

async function untilItAnswers(url: string, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 600 && server.exitCode === null; attempt++) {
    const answered = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    await sleep(100);
  }
  throw new Error('Gitea did not answer within 60 s');
}

interface Asked {
  user: string;
  method: string;
  path: string;
  body: unknown;
}

async function ask<T>(url: string, { user, method, path, body }: Asked): Promise<T> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} as ${user}: ${response.status} ${text}`);
  return (text === '' ? null : JSON.parse(text)) as T;
}
