import { spawn } from 'node:child_process';
import { kill } from 'node:process';

export interface ChildEnd {
  /** Null when a signal ended it. */
  code: number | null;
  /** The last lines of stdout and stderr together, at most `keptLines`. */
  tail: string[];
  stdout: string;
}

export interface ChildOptions {
  cwd?: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  timeoutMs?: number;
}

const keptLines = 25;
const keptStdout = 1024 * 1024;

/**
 * Runs a tool to its end with its whole process group in hand: an abort or the time-out ends the group, not only the first
 * process. A red exit code is a value.
 * @throws the signal's reason when aborted; the spawn error (ENOENT) when there is no such program
 */
export async function childOutput(command: string, args: string[], options: ChildOptions): Promise<ChildEnd> {
  options.signal.throwIfAborted();
  const limits = [options.signal];
  if (options.timeoutMs !== undefined) limits.push(AbortSignal.timeout(options.timeoutMs));
  const ended = AbortSignal.any(limits);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const endGroup = () => {
    if (child.pid === undefined) return;
    try {
      kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  ended.addEventListener('abort', endGroup, { once: true });
  let stdout = '';
  let both = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < keptStdout) stdout += text;
    both = (both + text).slice(-64_000);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    both = (both + text).slice(-64_000);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    options.signal.throwIfAborted();
    return { code, stdout, tail: both.trimEnd().split('\n').slice(-keptLines) };
  } finally {
    ended.removeEventListener('abort', endGroup);
  }
}
