import { Readable, Writable } from 'node:stream';
import type { Host } from '../../src/host.ts';

export interface TestHost {
  host: Host;
  stdout: () => string;
  stderr: () => string;
  /** The first line of standard error that fits, as soon as it is there. */
  said: (pattern: RegExp) => Promise<RegExpExecArray>;
  interrupt: () => void;
}

/** A process in a box, for a command of the command line in this one. */
export function testHost(argv: string[], env: Record<string, string>): TestHost {
  const texts = { stdout: '', stderr: '' };
  const waiting: (() => void)[] = [];
  const controller = new AbortController();
  const stream = (name: keyof typeof texts) =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[name] += String(chunk);
        for (const look of waiting.splice(0)) look();
        done();
      },
    });
  const host: Host = {
    env,
    argv,
    cwd: '/',
    stdin: Readable.from([]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    platform: 'linux',
    pid: 1,
    now: () => new Date(),
    shutdown: controller.signal,
  };
  return {
    host,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    async said(pattern) {
      for (;;) {
        const found = pattern.exec(texts.stderr);
        if (found) return found;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    interrupt: () => controller.abort('SIGINT'),
  };
}
