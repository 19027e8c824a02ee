import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { RunError } from '../errors.ts';
import type { RegistryClient } from './registry-client.ts';
import { discard, readText } from './registry-http.ts';

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';

export async function hasBlob(
  client: RegistryClient,
  repository: string,
  digest: string,
  signal: AbortSignal,
): Promise<boolean> {
  const target = `/v2/${repository}/blobs/${digest}`;
  const answer = await client.request({ method: 'HEAD', target, repository, access: 'pull', signal });
  discard(answer);
  return answer.status === 200 || answer.status === 307;
}

/** Takes a blob over from another repository of the same registry without sending it. False: it cannot be had there. */
export async function mountBlob(
  client: RegistryClient,
  repository: string,
  blob: { digest: string; from: string },
  signal: AbortSignal,
): Promise<boolean> {
  const query = new URLSearchParams({ mount: blob.digest, from: blob.from });
  const target = `/v2/${repository}/blobs/uploads/?${query}`;
  const answer = await client.request({ method: 'POST', target, repository, access: 'push', signal });
  discard(answer);
  // 202 opened an upload instead, which the registry forgets by itself.
  return answer.status === 201;
}

/** Sends a blob whose digest is known; one that is there already is not sent again. */
export async function pushBlob(
  client: RegistryClient,
  repository: string,
  blob: { digest: string; size: number; open: () => Readable },
  signal: AbortSignal,
): Promise<void> {
  if (await hasBlob(client, repository, blob.digest, signal)) return;
  const start = { method: 'POST' as const, target: `/v2/${repository}/blobs/uploads/` };
  const opened = await client.request({ ...start, repository, access: 'push', signal });
  const location = opened.headers.location;
  if (opened.status !== 202 || location === undefined) throw await notTaken(opened, repository, 'opening an upload');
  discard(opened);
  const target = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(blob.digest)}`;
  const sent = await client.request({
    method: 'PUT',
    target,
    repository,
    access: 'push',
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) },
    body: blob.open(),
    signal,
    // A registry hashes what it got before it answers.
    idleMs: 120_000,
  });
  if (sent.status !== 201) throw await notTaken(sent, repository, `sending "${blob.digest}"`);
  discard(sent);
}

export async function pushFile(
  client: RegistryClient,
  repository: string,
  blob: { digest: string; size: number; file: string },
  signal: AbortSignal,
): Promise<void> {
  await pushBlob(client, repository, { ...blob, open: () => createReadStream(blob.file) }, signal);
}

/** An image as the bytes that stand for it: its digest follows from its configuration and layers alone. */
export interface ComposedImage {
  config: Buffer;
  manifest: Buffer;
  /** The manifest's, by which the image is deployed. */
  digest: string;
}

export function composeImage(configuration: object, layers: readonly Descriptor[]): ComposedImage {
  const config = Buffer.from(JSON.stringify(configuration));
  const described = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(config),
    size: config.length,
  };
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, config: described, layers }));
  return { config, manifest, digest: digestOf(manifest) };
}

/** Pushes what makes an image of layers that are there already, and names it. */
export async function pushComposed(
  client: RegistryClient,
  repository: string,
  { config, manifest }: ComposedImage,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const blob = { digest: digestOf(config), size: config.length, open: () => Readable.from([config]) };
  await pushBlob(client, repository, blob, signal);
  for (const reference of tags) {
    await putManifest(client, repository, { reference, mediaType: ociManifest, manifest }, signal);
  }
}

/** Both at once. @returns the manifest's digest */
export async function pushManifest(
  client: RegistryClient,
  repository: string,
  { tag, config, layers }: { tag: string; config: object; layers: readonly Descriptor[] },
  signal: AbortSignal,
): Promise<string> {
  const image = composeImage(config, layers);
  await pushComposed(client, repository, image, [tag], signal);
  return image.digest;
}

export async function putManifest(
  client: RegistryClient,
  repository: string,
  { reference, mediaType, manifest }: { reference: string; mediaType: string; manifest: Buffer },
  signal: AbortSignal,
): Promise<void> {
  const answer = await client.request({
    method: 'PUT',
    target: `/v2/${repository}/manifests/${reference}`,
    repository,
    access: 'push',
    headers: { 'content-type': mediaType, 'content-length': String(manifest.length) },
    body: manifest,
    signal,
    idleMs: 30_000,
  });
  if (answer.status !== 201) throw await notTaken(answer, repository, `naming it "${reference}"`);
  discard(answer);
}

export function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

async function notTaken(answer: Parameters<typeof readText>[0], repository: string, doing: string): Promise<RunError> {
  const text = await readText(answer);
  return new RunError(`pushing "${repository}" to the registry "${answer.host}", ${doing}`, {
    code: 'REGISTRY_PUSH_REFUSED',
    remedy: 'retry',
    hint: `It answered ${answer.status}.`,
    evidence: text === '' ? [] : [text.slice(0, 500)],
  });
}
