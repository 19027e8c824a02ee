import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { env, execPath } from 'node:process';
import { createInterface } from 'node:readline';
import type { Finished, SmokeCheck, Task } from '../../runner/task.ts';

const project = join(import.meta.dirname, '../..');
export const k6Path = env.GREENROOM_TEST_K6 ?? join(env.HOME ?? '', '.cache/greenroom/toolchain/k6-2.2.0/k6');
export const chromiumPath = env.GREENROOM_TEST_CHROMIUM ?? '/usr/bin/chromium';

export interface LogLine {
  seq: number;
  t: number;
  kind: string;
  [field: string]: unknown;
}

export interface WrapperRun {
  finished: Finished;
  lines: LogLine[];
  /** Everything that is not one of our lines. */
  foreign: string[];
  goAt: number;
  warmAfterMs: number | null;
  readOutput: (name: string) => string;
  remove: () => void;
}

export interface WrapperOptions {
  task: Partial<Task> & Pick<Task, 'kind' | 'path' | 'baseUrl'>;
  files: Record<string, string>;
  shard?: number;
  /** Called with each line, and with a way to leave a mark or send a signal. */
  onLine?: (line: LogLine, act: { mark: (name: string) => void; kill: (signal: NodeJS.Signals) => void }) => void;
}

/** Runs the real wrapper on this machine, in a folder of its own, from its start to `finished`. */
export async function runWrapper(options: WrapperOptions): Promise<WrapperRun> {
  const root = mkdtempSync(join(tmpdir(), 'greenroom-wrapper-'));
  const put = (name: string, content: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  };
  for (const [name, content] of Object.entries(options.files)) put(join('in', name), content);
  const child = spawn(execPath, [join(project, 'runner/main.ts')], {
    env: {
      PATH: env.PATH,
      GREENROOM_WORK: root,
      GREENROOM_K6: k6Path,
      GREENROOM_CHROMIUM: chromiumPath,
      GREENROOM_MODULES: join(project, 'node_modules'),
      SUITE_NAME: 'suite',
      JOB_COMPLETION_INDEX: String(options.shard ?? 0),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const lines: LogLine[] = [];
  const foreign: string[] = [];
  let goAt = 0;
  let warmAt: number | null = null;
  const task: Task = { ...defaultTask, ...options.task };
  put('task.json', JSON.stringify(task));
  const begun = Date.now();
  for await (const text of createInterface({ input: child.stdout })) {
    if (!text.startsWith('{"seq":')) {
      foreign.push(text);
      continue;
    }
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    if (line.kind === 'warm') {
      warmAt = line.t;
      goAt = Date.now();
      put('go', String(goAt));
    }
    options.onLine?.(line, { mark: (name) => put(name, ''), kill: (signal) => child.kill(signal) });
    if (line.kind === 'finished') put('release', '');
  }
  await ended;
  return {
    finished: JSON.parse(readFileSync(join(root, 'out/finished.json'), 'utf8')) as Finished,
    lines,
    foreign,
    goAt,
    warmAfterMs: warmAt === null ? null : warmAt - begun,
    readOutput: (name) => readFileSync(join(root, 'out', name), 'utf8'),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

const defaultTask: Task = {
  suite: 'suite',
  kind: 'smoke',
  path: '',
  baseUrl: '',
  run: 'run-1',
  seed: '7',
  env: {},
  retries: 0,
  timeoutMs: 120_000,
  shards: 1,
  workers: 1,
  checks: [],
  install: null,
  playwright: null,
};

/** One check, valid by default. */
export function aCheck(
  overrides: Partial<Omit<SmokeCheck, 'expect'>> & { expect?: Partial<SmokeCheck['expect']> },
): SmokeCheck {
  return {
    name: 'a check',
    line: null,
    method: 'GET',
    path: '/',
    headers: {},
    body: null,
    timeoutMs: 5000,
    ...overrides,
    expect: { status: [], headers: {}, contains: [], withinMs: null, ...overrides.expect },
  };
}

/** The application of these tests. */
export async function startApplication(
  handle: (request: IncomingMessage, response: ServerResponse) => void = hello,
): Promise<{ url: string; requests: { url: string; at: number }[]; server: Server }> {
  const requests: { url: string; at: number }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', at: Date.now() });
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, server };
}

function hello(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/slow') setTimeout(() => response.end('slow'), 300);
  else if (request.url === '/json')
    response.setHeader('content-type', 'application/json').end('{"ok":true,"items":[1,2]}');
  else if (request.url === '/broken') response.writeHead(500).end('broken');
  else response.setHeader('content-type', 'text/html').end('<!doctype html><title>Shop</title><h1>Hello</h1>');
}
