import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const project = join(import.meta.dirname, '../..');
export const shopFolder = join(project, 'examples/shop');

export async function breakNames(): Promise<string[]> {
  return (await readdir(join(shopFolder, 'breaks'))).map((name) => name.replace(/\.patch$/, '')).sort();
}

/** A copy of the shop as a checkout of its own, with one of its breaks applied as a change's author would have it. */
export async function aShop(broken: string | null): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'greenroom-shop-'));
  await cp(shopFolder, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
  await symlink(join(project, 'node_modules'), join(folder, 'node_modules'));
  if (broken !== null) {
    await execute('git', ['init', '--quiet'], { cwd: folder });
    await execute('git', ['apply', '--whitespace=error', `breaks/${broken}.patch`], { cwd: folder });
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface RunningShop {
  url: string;
  apiUrl: string;
  /** What both have logged so far, one object per line. */
  lines: Record<string, unknown>[];
  /** Ends both by SIGTERM and gives their exit codes, api first. */
  stop: () => Promise<(number | null)[]>;
}

/** Prepares the database, then starts api and web as real processes on ports of their own. */
export async function runShop(folder: string, databaseUrl: string): Promise<RunningShop> {
  const lines: Record<string, unknown>[] = [];
  const main = join(folder, 'api/src/main.ts');
  await execute(process.execPath, [main, 'prepare'], { env: { DATABASE_URL: databaseUrl } });
  const api = await start(main, { DATABASE_URL: databaseUrl }, lines);
  const env = { API_URL: api.url, SESSION_SECRET: 'a test' };
  const web = await start(join(folder, 'web/src/main.ts'), env, lines).catch(async (error: unknown) => {
    await end(api.child);
    throw error;
  });
  return {
    url: web.url,
    apiUrl: api.url,
    lines,
    stop: () => Promise.all([api, web].map(({ child }) => end(child))),
  };
}

async function start(main: string, env: Record<string, string>, lines: Record<string, unknown>[]) {
  const child = spawn(process.execPath, [main], { env: { ...env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${main} ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      lines.push(entry);
      if (entry.event === 'listening') resolve(Number(entry.port));
    });
  });
  return { child, url: `http://127.0.0.1:${port}` };
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = await ended;
  return code;
}

export async function readShopFile(folder: string, path: string): Promise<string> {
  return readFile(join(folder, path), 'utf8');
}
