import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { inherited, repositoryDir } from '../greenroom-process.ts';
import { TooLate, until } from './until.ts';

const startMs = 180_000;

export interface RunSummary {
  id: string;
  repository: string;
  change: number | null;
  sha: string;
  generation: number;
  phase: string;
  verdict: string | null;
  reason: string;
}

/** `greenroom serve` as an operator starts it: a process with a data folder, a port and a folder for temporary files of its own. */
export class ServeProcess {
  readonly folder: string;
  readonly dataDir: string;
  readonly tempDir: string;
  readonly logFile: string;
  readonly port: number;
  /** In the environment of this process and of all that it starts, which tells them from everybody else's. */
  readonly mark: string;
  readonly #env: Record<string, string>;
  #child: ChildProcess | null = null;

  private constructor(folder: string, port: number, env: Record<string, string>) {
    this.folder = folder;
    this.dataDir = join(folder, 'data');
    this.tempDir = join(folder, 'tmp');
    this.logFile = join(folder, 'serve.log');
    this.port = port;
    this.mark = `FAULT_STAND=${folder}`;
    this.#env = env;
  }

  static async in(folder: string, env: Record<string, string>): Promise<ServeProcess> {
    const serve = new ServeProcess(folder, await freePort(), env);
    await mkdir(serve.dataDir, { recursive: true });
    await mkdir(serve.tempDir, { recursive: true });
    return serve;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('serve does not run');
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const log = openSync(this.logFile, 'a');
    const [name = '', value = ''] = this.mark.split('=');
    const child = spawn(process.execPath, [join(repositoryDir, 'src', 'main.ts'), 'serve'], {
      cwd: this.folder,
      env: {
        ...inherited(),
        ...this.#env,
        [name]: value,
        TMPDIR: this.tempDir,
        GREENROOM_DATA_DIR: this.dataDir,
        GREENROOM_PORT: String(this.port),
        GREENROOM_LOG_LEVEL: 'info',
      },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    process.once('exit', () => child.kill('SIGKILL'));
    await until(
      'serve answers',
      async () => {
        if (!this.running) throw new Error(`serve ended: ${this.lastLines(5)}`);
        return (await fetch(`${this.url}/healthz`)).ok;
      },
      startMs,
    );
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  async runs(): Promise<RunSummary[]> {
    const { runs } = (await this.ask('/api/runs')) as { runs: RunSummary[] };
    return runs;
  }

  /** @throws TooLate when it has ended by itself: what is waited for will not come */
  async ask(path: string): Promise<unknown> {
    if (!this.running) throw new TooLate(`serve has ended: ${this.lastLines(20)}`);
    const answer = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}`);
    return answer.json();
  }

  lastLines(count: number): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  }

  hasSaid(words: string): boolean {
    return readFileSync(this.logFile, 'utf8').includes(words);
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === null || !this.running) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
