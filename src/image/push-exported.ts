import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { RunError } from '../errors.ts';
import { digestOf, hasBlob, mountBlob, pushFile, putManifest } from './push-blobs.ts';
import type { RegistryClient } from './registry-client.ts';

const Blob = z.object({
  mediaType: z.string(),
  // It becomes part of a path.
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z
    .int()
    .min(0)
    .max(8 * 1024 ** 3),
});
const Manifest = z.object({ mediaType: z.string().optional(), config: Blob, layers: z.array(Blob).max(200) });

const documentLimit = 4 * 1024 * 1024;
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';

export interface ExportedImage {
  client: RegistryClient;
  repository: string;
  tag: string;
  /** For one blob at a time. */
  folder: string;
  /** Layers (digests) that other repositories of the registry have. */
  known: ReadonlyMap<string, string>;
  /** Writes a file of the folder to `stdout` and returns when it is whole; does not end it. */
  read: (path: string, stdout: Writable) => Promise<void>;
  signal: AbortSignal;
}

/**
 * Pushes an image out of a folder that buildah's `dir:` wrote where we trust nobody; only what the registry lacks is read. Every digest is
 * computed here, so what is pushed is what its name says.
 * @returns the manifest's digest
 */
export async function pushExported(image: ExportedImage): Promise<string> {
  const { client, repository, tag, signal } = image;
  const text = await readDocument(image, 'manifest.json');
  const manifest = Manifest.parse(JSON.parse(text));
  for (const blob of [manifest.config, ...manifest.layers]) {
    const from = image.known.get(blob.digest);
    if (from !== undefined && (await mountBlob(client, repository, { digest: blob.digest, from }, signal))) continue;
    if (await hasBlob(client, repository, blob.digest, signal)) continue;
    const file = join(image.folder, 'blob');
    await readBlob(image, blob, file);
    await pushFile(client, repository, { ...blob, file }, signal);
    await rm(file);
  }
  const content = Buffer.from(text);
  const mediaType = manifest.mediaType ?? ociManifest;
  await putManifest(client, repository, { reference: tag, mediaType, manifest: content }, signal);
  return digestOf(content);
}

async function readDocument({ read }: ExportedImage, path: string): Promise<string> {
  const sink = new BoundedBuffer(documentLimit);
  const refused = new Promise<never>((_, reject) => sink.once('error', reject));
  await Promise.race([read(path, sink), refused]);
  return sink.content().toString('utf8');
}

async function readBlob({ read }: ExportedImage, blob: z.infer<typeof Blob>, file: string): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(bytes > blob.size ? damaged(blob.digest) : null, chunk);
    },
  });
  const written = pipeline(measure, createWriteStream(file));
  const reading = read(blob.digest.replace('sha256:', ''), measure).then(
    () => measure.end(),
    (error) => measure.destroy(error),
  );
  await Promise.all([written, reading]);
  if (bytes !== blob.size || `sha256:${hash.digest('hex')}` !== blob.digest) throw damaged(blob.digest);
}

function damaged(what: string): RunError {
  return new RunError(`fetching "${what}" from the build pod`, {
    code: 'BUILD_NOT_POSSIBLE',
    remedy: 'retry',
    hint: 'It is not what its digest or size says.',
  });
}

class BoundedBuffer extends Transform {
  readonly #chunks: Buffer[] = [];
  readonly #limit: number;
  #size = 0;

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#size += chunk.length;
    if (this.#size <= this.#limit) this.#chunks.push(chunk);
    done(this.#size > this.#limit ? damaged('a document of the image') : null);
  }

  content(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
