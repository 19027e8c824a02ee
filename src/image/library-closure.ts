import { execFile } from 'node:child_process';
import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { RunError } from '../errors.ts';

const run = promisify(execFile);
const filesPerCall = 100;

/**
 * Absolute paths of the shared libraries that the programs and libraries among `files` need, the loader included, each under
 * its real folder (`/usr/lib/…`, never through the `/lib` link). Only for files that we trust: `ldd` may run them.
 * @throws RunError LDD_MISSING (fix-input)
 */
export async function libraryClosure(files: readonly string[], signal: AbortSignal): Promise<string[]> {
  const binaries: string[] = [];
  for (const file of files) if (await isBinary(file)) binaries.push(file);
  const names = new Set<string>();
  for (let start = 0; start < binaries.length; start += filesPerCall) {
    const output = await ldd(binaries.slice(start, start + filesPerCall), signal);
    for (const path of parseLdd(output)) names.add(path);
  }
  const paths = await Promise.all([...names].map(async (path) => join(await realpath(dirname(path)), basename(path))));
  return [...new Set(paths)].sort();
}

/** Paths out of `libc.so.6 => /lib/…/libc.so.6 (0x…)` and `/lib64/ld-linux-x86-64.so.2 (0x…)`. */
export function parseLdd(output: string): string[] {
  return [...output.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, path = '']) => path);
}

async function ldd(files: string[], signal: AbortSignal): Promise<string> {
  try {
    return (await run('ldd', files, { signal, maxBuffer: 64 * 1024 * 1024 })).stdout;
  } catch (cause) {
    signal.throwIfAborted();
    // Exit code 1: one of them is static. Its output is complete for the others.
    const { code, stdout } = cause as { code?: unknown; stdout?: string };
    if (code === 1 && stdout !== undefined) return stdout;
    throw new RunError(`asking ldd what "${files[0]}" needs`, {
      code: 'LDD_MISSING',
      remedy: 'fix-input',
      hint: 'Runner images are made of programs of this machine, which needs the GNU C library (Debian: libc-bin).',
      cause,
    });
  }
}

/** Programs are executable, libraries are called so; data files are not even opened. */
async function isBinary(path: string): Promise<boolean> {
  const isCandidate = /\.so(?:\.|$)/.test(basename(path)) || ((await stat(path)).mode & 0o100) !== 0;
  if (!isCandidate) return false;
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return buffer.equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46]));
}
