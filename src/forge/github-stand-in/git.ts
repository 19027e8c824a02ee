import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** Nothing of the machine's own git configuration, hooks templates or identity takes part. */
const gitEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Greenroom demo',
  GIT_AUTHOR_EMAIL: 'demo@example.com',
  GIT_COMMITTER_NAME: 'Greenroom demo',
  GIT_COMMITTER_EMAIL: 'demo@example.com',
};

export interface GitOptions {
  input?: string | Uint8Array;
  env?: Record<string, string>;
}

export class GitError extends Error {
  readonly exitCode: number | null;
  constructor(command: string, exitCode: number | null, said: string) {
    super(`${command}: ${said.trim() || `exit code ${exitCode}`}`);
    this.name = 'GitError';
    this.exitCode = exitCode;
  }
}

/** Git's child process in the repository at `folder`. */
export function spawnGit(folder: string, args: string[], env: Record<string, string> = {}) {
  return spawn('git', args, { cwd: folder, env: { ...gitEnvironment, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Runs git and returns what it wrote, without the last line break; throws GitError when it fails. */
export async function git(folder: string, args: string[], options: GitOptions = {}): Promise<string> {
  return (await gitBytes(folder, args, options)).toString('utf8').replace(/\n$/, '');
}

export async function gitBytes(folder: string, args: string[], options: GitOptions = {}): Promise<Buffer> {
  const child = spawnGit(folder, args, options.env);
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const [stdout, stderr, exitCode] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    }),
  ]);
  if (exitCode !== 0) throw new GitError(`git ${args[0]}`, exitCode, stderr.toString('utf8'));
  return stdout;
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
