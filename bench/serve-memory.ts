import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { repositoryDir } from '../src/cli/open-machine.ts';
import { startPostgres } from '../test/store/postgres-server.ts';
import { type Figure, figureOf } from './figure.ts';
import { residentMb } from './resident-memory.ts';
import type { BenchStage } from './stage.ts';

const idleMs = 20_000;
const startMs = 180_000;

/** Resident memory of the real `greenroom serve`, 20 s after it has nothing to do any more. */
export async function measureServeMemory(stage: BenchStage): Promise<Figure[]> {
  const pglite = await idleServe(stage, 'memory-pglite', {});
  const server = await startPostgres();
  try {
    const postgres = await idleServe(stage, 'memory-postgres', { DATABASE_URL: await server.freshDatabase() });
    const name = (engine: string) => `resident memory of serve, idle (${engine})`;
    return [
      figureOf({ name: name('PGlite'), unit: 'MB', value: pglite, most: 700 }),
      figureOf({ name: name('PostgreSQL'), unit: 'MB', value: postgres, most: 250 }),
    ];
  } finally {
    await server.stop();
  }
}

async function idleServe(stage: BenchStage, folder: string, env: Record<string, string>): Promise<number> {
  const { kubernetes, registry } = await stage.machine();
  const { github } = await stage.demo();
  const dataDir = join(stage.folder, folder);
  await mkdir(dataDir);
  // A named cluster's registry is asked over TLS unless it is on this machine.
  const door = await openDoor(registry.address);
  const serve = spawn(execPath, [join(repositoryDir, 'tools', 'bootstrap.mjs'), 'greenroom', 'serve'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...stage.host.env,
      ...env,
      KUBECONFIG: kubernetes.kubeconfigPath ?? '',
      GREENROOM_KUBE_CONTEXT: kubernetes.context,
      GREENROOM_REGISTRY: door.address,
      GREENROOM_INSTANCE: 'bench-memory',
      GREENROOM_DATA_DIR: dataDir,
      GREENROOM_PORT: '0',
      GREENROOM_LOG_LEVEL: 'silent',
      GREENROOM_GITHUB_API_URL: github.apiUrl,
      GREENROOM_GITHUB_APP_ID: github.appId,
      GREENROOM_GITHUB_PRIVATE_KEY: github.privateKey,
      GREENROOM_GITHUB_WEBHOOK_SECRET: github.webhookSecret,
    },
  });
  try {
    const url = await addressOf(serve);
    await sleep(idleMs, undefined, { signal: stage.signal });
    const ready = await fetch(`${url}/readyz`);
    if (!ready.ok) throw new Error(`serve answered ${ready.status} on /readyz: ${await ready.text()}`);
    return await residentMb(await programOf(serve.pid ?? 0));
  } finally {
    if (serve.exitCode === null && serve.signalCode === null) {
      const ended = once(serve, 'exit');
      serve.kill('SIGTERM');
      await ended;
    }
    door.server.close();
  }
}

/** What it says on its error stream once it listens. */
async function addressOf(serve: ChildProcess): Promise<string> {
  let said = '';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new Error(`serve is not up: ${said.slice(-500)}`)), startMs);
  serve.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said.slice(-500)}`)));
  serve.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-8192);
    const url = /serves on (\S+),/.exec(said)?.[1];
    if (url !== undefined) resolve(url);
  });
  return promise.finally(() => clearTimeout(timer));
}

/** A port of ours on loopback that leads to `target`. */
async function openDoor(target: string): Promise<{ server: Server; address: string }> {
  const { hostname, port } = new URL(`http://${target}`);
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => near.destroy()).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, address: `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` };
}

/** The process that serves, under the one that started it as people do. */
async function programOf(starter: number): Promise<number> {
  return Number((await readFile(`/proc/${starter}/task/${starter}/children`, 'utf8')).trim().split(' ')[0]);
}
