import { execFile } from 'node:child_process';
import { RunError } from '../errors.ts';

/** Debian's folders for programs; what the caller's own PATH says plays no part in a cluster. */
export const programFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export interface CommandOptions {
  input?: string;
  cwd?: string;
  env?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * Runs a program to its end, without the caller's environment; resolves with what it printed.
 * @throws RunError CLUSTER_COMMAND (retry), with the program's last words as evidence
 */
export function runCommand(file: string, args: string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const { input, cwd, signal } = options;
    const env = { PATH: programFolders.join(':'), LANG: 'C.UTF-8', ...options.env };
    const child = execFile(
      file,
      args,
      { env, timeout: 60_000, maxBuffer: 16 * 1024 * 1024, ...(cwd && { cwd }), ...(signal && { signal }) },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        if (signal?.aborted) return reject(signal.reason);
        const evidence = stderr.trim().split('\n').slice(-10);
        reject(new RunError(`running "${[file, ...args].join(' ').slice(0, 300)}"`, commandFailed(error, evidence)));
      },
    );
    // A program that ends before it has read everything closes the pipe: its exit code says why.
    child.stdin?.on('error', () => child.stdin?.destroy());
    child.stdin?.end(input ?? '');
  });
}

function commandFailed(cause: Error, evidence: string[]) {
  return { code: 'CLUSTER_COMMAND', remedy: 'retry', hint: evidence.at(-1) ?? cause.message, evidence, cause } as const;
}
