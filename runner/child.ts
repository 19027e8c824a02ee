import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { kill } from 'node:process';

export interface ChildEnd {
  exitCode: number | null;
  signal: string | null;
}

export interface ChildOptions {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  onStdout: (chunk: Buffer) => void;
  onStderr: (chunk: Buffer) => void;
  /** Opens an IPC channel: for Node programs of ours. */
  onMessage?: (message: unknown) => void;
}

/** How long a suite may take to write its reports after SIGINT. */
const graceMs = 20_000;
/** Nobody wants the suite any more: it has ended 10 s after that was said, reports or not. */
const cancelGraceMs = 6_000;

/** Why a suite's signal is aborted when somebody told it to end. */
export class Cancelled extends Error {}

/** A child that leads a process group of its own, so that it ends with all that it started. */
export class Child {
  readonly ended: Promise<ChildEnd>;
  #process: ChildProcess;

  constructor(options: ChildOptions) {
    const channel: 'ipc'[] = options.onMessage ? ['ipc'] : [];
    this.#process = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...channel],
    });
    this.#process.stdout?.on('data', options.onStdout);
    this.#process.stderr?.on('data', options.onStderr);
    if (options.onMessage) this.#process.on('message', options.onMessage);
    this.ended = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      // `close` comes after the last output, `exit` may come before it.
      this.#process.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
      // A grandchild that keeps the pipes open must not keep us.
      this.#process.once('exit', (exitCode, signal) =>
        setTimeout(() => {
          this.#signal('SIGKILL');
          setTimeout(() => resolve({ exitCode, signal }), 1000);
        }, 2000).unref(),
      );
    });
    this.ended.catch(() => undefined);
  }

  /** As `interrupt`, with the time that the reason of an aborted signal leaves. */
  interruptFor({ reason }: AbortSignal): Promise<void> {
    return this.interrupt(reason instanceof Cancelled ? cancelGraceMs : graceMs);
  }

  /** SIGINT to the child, so that it writes its reports; SIGKILL to its whole group when it does not end. */
  async interrupt(grace = graceMs): Promise<void> {
    this.#process.kill('SIGINT');
    const timer = setTimeout(() => this.#signal('SIGKILL'), grace);
    await this.ended.catch(() => undefined);
    clearTimeout(timer);
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#process.pid) kill(-this.#process.pid, signal);
    } catch {
      // The group is gone already.
    }
  }
}

/** How often the kernel killed something in this container for memory, on cgroup v2 and v1. */
export function countMemoryKills(): number {
  for (const file of ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control']) {
    try {
      const match = /^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'));
      if (match) return Number(match[1]);
    } catch {
      // The other version of cgroups, or none at all.
    }
  }
  return 0;
}
