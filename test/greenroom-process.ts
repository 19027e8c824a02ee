import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

export const repositoryDir = join(import.meta.dirname, '..');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface ProcessOptions {
  cwd?: string;
  /** On top of PATH, HOME and the caches alone: nothing of what the tests' own process has set. */
  env?: Record<string, string>;
  /** A program and its arguments that start Node for us, such as `setpriv`. */
  through?: string[];
  timeoutMs?: number;
}

/** The command line as a user starts it, in a process of its own, to its end. */
export async function greenroom(words: string[], options: ProcessOptions = {}): Promise<Ended> {
  const command = [...(options.through ?? []), process.execPath, join(repositoryDir, 'src', 'main.ts'), ...words];
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: options.cwd ?? repositoryDir,
    env: { ...inherited(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A polite end: what a run has created still goes.
    signal: AbortSignal.timeout(options.timeoutMs ?? 240_000),
    killSignal: 'SIGTERM',
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.stderr += text;
  });
  let problem = '';
  child.on('error', (error) => {
    problem = `${error.message}\n`;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout: texts.stdout, stderr: problem + texts.stderr };
}

/** What every process of ours needs of the tests' own environment. */
export function inherited(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'XDG_CACHE_HOME'].map((name): [string, string] => [name, process.env[name] ?? '']);
  return Object.fromEntries(kept.filter(([, value]) => value !== ''));
}
