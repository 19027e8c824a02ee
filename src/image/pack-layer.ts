import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack as tarPack } from 'tar-stream';
import { capabilityHeader } from './capability-header.ts';
import type { LayerEntry } from './layer-files.ts';

/** A finished blob in a file. */
export interface PackedBlob {
  file: string;
  digest: string;
  size: number;
}

const epoch = new Date(0);
/** Below this a file counts by its content, above by size and time of change: what is large changes by installation only. */
const hashedBytes = 1024 * 1024;

/** A short name for the layer's content: equal content, equal key, on this machine. */
export async function layerKey(entries: readonly LayerEntry[]): Promise<string> {
  const hash = createHash('sha256');
  // One for all files: a buffer for each stays in a service's memory long after.
  const buffer = Buffer.allocUnsafe(hashedBytes);
  for (const entry of entries) {
    if (entry.kind !== 'file') hash.update(JSON.stringify(entry));
    else if (entry.size > hashedBytes)
      hash.update(JSON.stringify([entry.path, entry.mode, entry.size, entry.changedMs]));
    else {
      hash.update(JSON.stringify([entry.path, entry.mode, entry.capability]));
      await hashFile(hash, entry.source, buffer);
    }
    hash.update('\0');
  }
  return hash.digest('hex').slice(0, 32);
}

async function hashFile(hash: Hash, path: string, buffer: Buffer): Promise<void> {
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/**
 * The layer as a tar in `file`, not compressed: the registry is near, and packing 500 MB costs more than sending it. Without
 * compression its digest is its content's as well.
 */
export async function packLayer(
  entries: readonly LayerEntry[],
  file: string,
  signal: AbortSignal,
): Promise<PackedBlob> {
  const tar = tarPack();
  const hash = createHash('sha256');
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  const written = pipeline(tar, measure, createWriteStream(file), { signal });
  const fill = async () => {
    for (const entry of entries) await putEntry(tar, entry);
    tar.finalize();
  };
  await Promise.all([
    written,
    fill().catch((error) => {
      tar.destroy(error);
      throw error;
    }),
  ]);
  return { file, digest: `sha256:${hash.digest('hex')}`, size };
}

async function putEntry(tar: ReturnType<typeof tarPack>, entry: LayerEntry): Promise<void> {
  const name = entry.path.slice(1);
  const common = { mtime: epoch, uid: 0, gid: 0 };
  if (entry.kind === 'directory') {
    await put(tar, { ...common, name: `${name}/`, type: 'directory', mode: entry.mode });
  } else if (entry.kind === 'link') {
    await put(tar, { ...common, name, type: 'symlink', linkname: entry.target, mode: 0o777 });
  } else if (entry.kind === 'text') {
    await put(tar, { ...common, name, mode: entry.mode }, entry.text);
  } else {
    if (entry.capability) tar.push(capabilityHeader(entry.capability));
    const sink = tar.entry({ ...common, name, mode: entry.mode, size: entry.size });
    await pipeline(createReadStream(entry.source), sink);
  }
}

function put(
  tar: ReturnType<typeof tarPack>,
  header: Parameters<ReturnType<typeof tarPack>['entry']>[0],
  text = '',
): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry(header, text, (error) => (error ? reject(error) : resolve()));
  });
}
