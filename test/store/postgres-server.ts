import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../free-port.ts';

export interface PostgresServer {
  /** A new, empty database on each call. */
  freshDatabase(): Promise<string>;
  pid: number;
  port: number;
  /** Holds its socket and, with a password, `tls.crt`: its certificate, which is its own authority. */
  folder: string;
  /** Every connection ends; resolves when the same databases answer again. */
  restart(): Promise<void>;
  /** The first half of a restart: nobody answers until `resume`, the second half. */
  suspend(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Asked for (SCRAM), also on the socket; and then it speaks TLS as well. Without one it trusts everybody. */
  password?: string;
}

/** Debian's PostgreSQL in a temp folder on a loopback port, as the user postgres (the server refuses root). */
export async function startPostgres({ password }: PostgresOptions = {}): Promise<PostgresServer> {
  const bin = await newestBin();
  const user = { uid: idOf('-u'), gid: idOf('-g') };
  const folder = await mkdtemp(join(tmpdir(), 'greenroom-postgres-'));
  await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  await mkdir(data, { mode: 0o700 });
  await chown(data, user.uid, user.gid);
  const auth = password === undefined ? ['-A', 'trust'] : ['-A', 'scram-sha-256', '--pwfile', join(folder, 'password')];
  const tls = password === undefined ? [] : await makeSecrets(folder, password, user);
  execFileSync(join(bin, 'initdb'), ['-D', data, ...auth, '-U', 'postgres', '-E', 'UTF8', '--no-sync'], {
    ...user,
    cwd: folder,
    stdio: 'pipe',
  });
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    'fsync=off',
    ...tls,
  ];
  const start = () =>
    spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...user,
      cwd: folder,
      stdio: 'ignore',
    });
  let server = start();
  const end = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
  };
  const stop = async () => {
    await end();
    await rm(folder, { recursive: true, force: true });
  };
  const login = password === undefined ? 'postgres' : `postgres:${encodeURIComponent(password)}`;
  const url = (database: string) => `postgres://${login}@127.0.0.1:${port}/${database}`;
  await untilItAnswers(url('postgres'), stop);
  const resume = async () => {
    server = start();
    await untilItAnswers(url('postgres'), stop);
  };
  let databases = 0;
  return {
    get pid() {
      return server.pid ?? 0;
    },
    port,
    folder,
    async restart() {
      await end();
      await resume();
    },
    suspend: end,
    resume,
    stop,
    async freshDatabase() {
      databases += 1;
      await withClient(url('postgres'), (client) => client.query(`create database greenroom_${databases}`));
      return url(`greenroom_${databases}`);
    },
  };
}

/** @returns the server's settings for TLS */
async function makeSecrets(folder: string, password: string, user: { uid: number; gid: number }): Promise<string[]> {
  const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  const subject = ['-subj', '/CN=postgres', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const files = ['-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files], { stdio: 'ignore' });
  await writeFile(join(folder, 'password'), password, { mode: 0o600 });
  for (const file of [key, join(folder, 'password')]) await chown(file, user.uid, user.gid);
  return ['ssl=on', `ssl_key_file=${key}`, `ssl_cert_file=${certificate}`];
}

async function newestBin(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const versions = (await readdir(root)).map(Number).sort((left, right) => right - left);
  return join(root, String(versions[0]), 'bin');
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
}

async function withClient(url: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

async function untilItAnswers(url: string, stop: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      await withClient(url, (client) => client.query('select 1'));
      return;
    } catch {
      await sleep(100);
    }
  }
  await stop();
  throw new Error('PostgreSQL did not answer within 30 s');
}
