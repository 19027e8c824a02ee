import { createWriteStream } from 'node:fs';
import { arch } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { pack as tarPack } from 'tar-stream';
import { z } from 'zod';
import { RunError } from '../errors.ts';
import { manifestTypes } from './find-digest.ts';
import { parseImageReference } from './image-reference.ts';
import type { RegistryClient } from './registry-client.ts';
import { discard, type HttpAnswer, readText, sendHttp } from './registry-http.ts';

const Blob = z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/), size: z.int().min(0) });
const Manifest = z.object({ config: Blob, layers: z.array(Blob) });
const Index = z.object({
  manifests: z.array(Blob.extend({ platform: z.object({ architecture: z.string(), os: z.string() }).optional() })),
});

export interface FetchedImage {
  repository: string;
  /** Digests. */
  layers: string[];
}

/**
 * Images of `registry` that a Dockerfile starts from or copies from: what must be in the pod before, when the pod cannot fetch it.
 * Arguments are expanded as far as `FROM` lines know them.
 */
export function imagesToFetch(dockerfile: string, registry: string): string[] {
  const joined = dockerfile.replace(/\\[ \t]*\r?\n/g, ' ');
  const values = new Map<string, string>([['GREENROOM_REGISTRY', registry]]);
  const stages = new Set<string>(['scratch']);
  const found = new Set<string>();
  const note = (text: string) => {
    const name = text.replace(/\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)/g, (_, braced, fallback, plain) => {
      return values.get(braced ?? plain) ?? fallback ?? '';
    });
    if (!stages.has(name) && !/^\d+$/.test(name) && name.startsWith(`${registry}/`)) found.add(name);
  };
  for (const line of joined.split('\n')) {
    const [, argument, value] = /^\s*ARG\s+(\w+)(?:="?([^"\s]*)"?)?/i.exec(line) ?? [];
    if (argument && value !== undefined && !values.has(argument)) values.set(argument, value);
    const [, from, stage] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? [];
    if (from) note(from);
    if (stage) stages.add(stage);
    const [, source] = /^\s*(?:COPY|ADD|RUN)\s.*?from=([^\s,]+)/i.exec(line) ?? [];
    if (source) note(source);
  }
  return [...found];
}

/**
 * Writes an image as a tar of what buildah's `dir:` reads: the manifest as it is, and every blob under its hash.
 * @returns its repository and layers, or null when the registry does not have it
 * @throws RunError REGISTRY_UNREACHABLE, REGISTRY_REFUSED
 */
export async function fetchImage(
  client: RegistryClient,
  name: string,
  file: string,
  signal: AbortSignal,
): Promise<FetchedImage | null> {
  const { repository, tag, digest } = parseImageReference(name, client.access.address);
  const text = await fetchManifest(client, repository, digest ?? tag ?? 'latest', signal);
  if (text === null) return null;
  const manifest = Manifest.parse(JSON.parse(text));
  const tar = tarPack();
  const written = pipeline(tar, createWriteStream(file), { signal });
  const fill = async () => {
    tar.entry({ name: 'version' }, 'Directory Transport Version: 1.1\n');
    tar.entry({ name: 'manifest.json' }, text);
    const blobs = new Map([manifest.config, ...manifest.layers].map((blob) => [blob.digest, blob]));
    for (const blob of blobs.values()) {
      const answer = await fetchBlob(client, repository, blob.digest, signal);
      await pipeline(answer.body, tar.entry({ name: blob.digest.replace('sha256:', ''), size: blob.size }));
    }
    tar.finalize();
  };
  await Promise.all([
    written,
    fill().catch((error) => {
      tar.destroy(error);
      throw error;
    }),
  ]);
  return { repository, layers: manifest.layers.map((layer) => layer.digest) };
}

async function fetchManifest(
  client: RegistryClient,
  repository: string,
  reference: string,
  signal: AbortSignal,
): Promise<string | null> {
  const target = `/v2/${repository}/manifests/${reference}`;
  const headers = { accept: manifestTypes };
  const answer = await client.request({ method: 'GET', target, repository, access: 'pull', headers, signal });
  if (answer.status === 404) {
    discard(answer);
    return null;
  }
  const text = await readText(answer);
  const index = Index.safeParse(JSON.parse(text));
  if (!index.success) return text;
  const architecture = arch() === 'x64' ? 'amd64' : arch();
  const ours = index.data.manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === architecture,
  );
  return ours === undefined ? null : fetchManifest(client, repository, ours.digest, signal);
}

async function fetchBlob(
  client: RegistryClient,
  repository: string,
  digest: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const target = `/v2/${repository}/blobs/${digest}`;
  let answer = await client.request({ method: 'GET', target, repository, access: 'pull', signal, idleMs: 60_000 });
  // Object storage behind a registry: an address of its own that wants no credentials.
  for (let hop = 0; hop < 5 && answer.status >= 300 && answer.status < 400 && answer.headers.location; hop += 1) {
    discard(answer);
    const url = new URL(answer.headers.location, `${client.access.scheme}://${client.access.address}`);
    answer = await sendHttp(url, { method: 'GET', ca: client.access.ca, signal, idleMs: 60_000 });
  }
  if (answer.status === 200) return answer;
  discard(answer);
  throw new RunError(`fetching "${digest}" of "${repository}" from "${client.access.address}"`, {
    code: 'REGISTRY_UNREACHABLE',
    remedy: 'retry',
    hint: `It answered ${answer.status}.`,
  });
}
