import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { PassThrough, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract, type Header } from 'tar-stream';
import { RunError } from '../errors.ts';

/** A result file, as it lies in the artifacts' folder. */
export interface OutputFile {
  /** Path inside the suite's folder, with `/`. */
  name: string;
  bytes: number;
  sha256: string;
}

export interface OutputLimits {
  maxFiles: number;
  maxBytes: number;
}

const defaultLimits: OutputLimits = { maxFiles: 5000, maxBytes: 1024 * 1024 * 1024 };
/** The sender's last entry: without it something was lost on the way. */
const endMark = '.complete';

/**
 * Unpacks what a suite pod sends, as hostile data: plain files inside `folder` only, bounded in number and size.
 * @throws RunError SUITE_FILES_REFUSED (report-bug) for anything else, SUITE_FILES_INCOMPLETE (retry) when the end is missing
 */
export async function unpackOutputs(
  archive: Readable,
  folder: string,
  { maxFiles, maxBytes } = defaultLimits,
): Promise<OutputFile[]> {
  const files: OutputFile[] = [];
  let bytes = 0;
  let complete = false;
  const reader = extract();
  // Told by the iteration; without a listener it would end the process.
  reader.on('error', () => undefined);
  const unpacked = (async () => {
    for await (const entry of reader) {
      const { header } = entry;
      complete = header.name === endMark;
      bytes += header.size ?? 0;
      if (complete) entry.resume();
      else if (files.length >= maxFiles || bytes > maxBytes) throw refused(header, 'too much');
      else files.push(await save(entry, safeName(header), folder));
    }
  })();
  const fed = feed(archive, reader).catch((error) => reader.destroy(error));
  await unpacked;
  await fed;
  if (complete) return files;
  throw new RunError('fetching the files of a suite', { code: 'SUITE_FILES_INCOMPLETE', remedy: 'retry' });
}

/** Node's `pipeline` does not know when a reader that refuses an entry is over. */
async function feed(archive: Readable, reader: Extract): Promise<void> {
  for await (const chunk of archive) {
    if (reader.destroyed) return;
    if (reader.write(chunk)) continue;
    await untilWritable(reader);
  }
  reader.end(undefined);
}

function untilWritable(reader: Extract): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      reader.off('drain', go).off('close', go);
      resolve();
    };
    reader.on('drain', go).on('close', go);
  });
}

/** What `execInPod` writes into, and the files that come out of it. */
export function receiveOutputs(folder: string): { sink: PassThrough; files: Promise<OutputFile[]> } {
  const sink = new PassThrough({ highWaterMark: 1024 * 1024 });
  const files = unpackOutputs(sink, folder);
  files.catch((error) => sink.destroy(error instanceof Error ? error : new Error(String(error))));
  return { sink, files };
}

function safeName(header: Header): string {
  const name = posix.normalize(header.name);
  const climbs = name.startsWith('/') || name.split('/').includes('..') || /[\0\\]/.test(name) || name === '.';
  if (header.type !== 'file' || climbs) throw refused(header, `type "${header.type}"`);
  return name;
}

function refused(header: Header, why: string): RunError {
  return new RunError(`unpacking "${header.name.slice(0, 200)}" of a suite's files (${why})`, {
    code: 'SUITE_FILES_REFUSED',
    remedy: 'report-bug',
    hint: 'Only plain files inside the output folder are taken.',
  });
}

async function save(entry: AsyncIterable<unknown>, name: string, folder: string): Promise<OutputFile> {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(entry, measure, createWriteStream(path));
  return { name, bytes, sha256: hash.digest('hex') };
}
