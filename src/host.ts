import process, { argv, cwd, env, exit, pid, platform, stderr, stdin, stdout } from 'node:process';
import type { Readable, Writable } from 'node:stream';

/** The process in a box: only `cli/` and `main.ts` see it; everyone else receives values. */
export interface Host {
  env: Readonly<Record<string, string | undefined>>;
  /** Arguments after the command's own name. */
  argv: string[];
  cwd: string;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { isTTY?: boolean };
  platform: string;
  pid: number;
  now: () => Date;
  /** Aborted by the first SIGINT or SIGTERM; `reason` is the signal's name. A second one ends the process at once (130). */
  shutdown: AbortSignal;
}

export function realHost(): Host {
  const controller = new AbortController();
  let askedAtMs = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A terminal, npm and the bootstrap each pass one Ctrl-C on: within a second it is the same wish.
      if (controller.signal.aborted && performance.now() - askedAtMs > 1000) exit(130);
      if (!controller.signal.aborted) askedAtMs = performance.now();
      controller.abort(signal);
    });
  }
  return {
    env: Object.freeze({ ...env }),
    argv: argv.slice(2),
    cwd: cwd(),
    stdin,
    stdout,
    stderr,
    platform,
    pid,
    now: () => new Date(),
    shutdown: controller.signal,
  };
}
