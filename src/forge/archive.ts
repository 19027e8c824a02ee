import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { RunError } from '../errors.ts';

export interface ArchiveLimits {
  maxFiles: number;
  /** Unpacked bytes of all files together. */
  maxBytes: number;
}

export interface Unpacked {
  files: number;
  bytes: number;
  /** Entries that are neither file nor folder (links, devices): left out, never followed. */
  leftOut: string[];
}

export const defaultArchiveLimits: ArchiveLimits = { maxFiles: 50_000, maxBytes: 512 * 1024 * 1024 };

const maxLeftOut = 20;

/**
 * Unpacks a gzipped tar into `folder` as data: regular files and folders only, without the first part of each name
 * (the forge's own prefix). `folder` must be new or empty and nobody else's.
 * @throws RunError `ARCHIVE_REFUSED` (fix-input) for a name that climbs out or a limit that is passed,
 *   `FORGE_UNREACHABLE` (retry) for an archive that ends early or is none
 */
export async function unpackArchive(
  archive: Readable,
  folder: string,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<Unpacked> {
  const done: Unpacked = { files: 0, bytes: 0, leftOut: [] };
  await mkdir(folder, { recursive: true });
  const entries = extract();
  // No await between these two: an entry that comes before its listener is lost, and the rest waits for ever.
  const reading = pipeline(archive, createGunzip(), entries, { signal });
  // It fails first when an entry is refused; awaited below either way.
  reading.catch(() => undefined);
  try {
    for await (const entry of entries) {
      await unpackEntry(entry.header, Readable.from(entry), folder, limits, done, signal);
      entry.resume();
    }
    await reading;
    return done;
  } catch (error) {
    entries.destroy();
    signal.throwIfAborted();
    if (error instanceof RunError || isFileSystemError(error)) throw error;
    throw new RunError('unpacking the archive that the forge sent', {
      code: 'FORGE_UNREACHABLE',
      remedy: 'retry',
      hint: 'The archive ended early or is damaged; a second attempt usually brings it whole.',
      cause: error,
    });
  }
}

async function unpackEntry(
  header: Header,
  content: Readable,
  folder: string,
  limits: ArchiveLimits,
  done: Unpacked,
  signal: AbortSignal,
): Promise<void> {
  const name = nameWithoutPrefix(header.name);
  if (name === null) return;
  if (header.type === 'directory') {
    await mkdir(join(folder, name), { recursive: true });
    return;
  }
  if (header.type !== 'file' && header.type !== 'contiguous-file') {
    if (done.leftOut.length < maxLeftOut) done.leftOut.push(name);
    return;
  }
  done.files += 1;
  if (done.files > limits.maxFiles) throw tooMuch(`more than ${limits.maxFiles} files`);
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  // `wx`: a name that comes twice is refused, so nothing that was checked is ever replaced.
  const mode = (header.mode ?? 0) & 0o100 ? 0o755 : 0o644;
  await pipeline(content, counted(limits, done), createWriteStream(path, { flags: 'wx', mode }), {
    signal,
  });
}

/** @returns null for the prefix folder itself */
function nameWithoutPrefix(name: string): string | null {
  const parts = name.replace(/\/$/, '').split('/');
  if (
    name.startsWith('/') ||
    name.includes('\0') ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  ) {
    throw new RunError(`unpacking the archive's entry ${JSON.stringify(name)}`, {
      code: 'ARCHIVE_REFUSED',
      remedy: 'fix-input',
      hint: 'An archive may only hold relative names that stay inside its own folder.',
    });
  }
  return parts.length < 2 ? null : parts.slice(1).join('/');
}

function counted(limits: ArchiveLimits, done: Unpacked): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      done.bytes += chunk.length;
      if (done.bytes > limits.maxBytes) callback(tooMuch(`more than ${limits.maxBytes} bytes`));
      else callback(null, chunk);
    },
  });
}

function tooMuch(what: string): RunError {
  return new RunError(`unpacking an archive with ${what}`, {
    code: 'ARCHIVE_REFUSED',
    remedy: 'fix-input',
    hint: "The repository's tree at this commit is larger than Greenroom reads; keep large data out of it.",
  });
}

function isFileSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
