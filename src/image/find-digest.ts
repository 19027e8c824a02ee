import { createHash } from 'node:crypto';
import { RunError } from '../errors.ts';
import { parseImageReference } from './image-reference.ts';
import type { RegistryAccess } from './registry-access.ts';
import { RegistryClient } from './registry-client.ts';
import { discard, readText } from './registry-http.ts';

export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * The digest that `reference` (a tag or a digest) of `repository` has now, or null when the registry does not have it.
 * @throws RunError REGISTRY_UNREACHABLE, REGISTRY_REFUSED
 */
export async function findDigest(
  registry: RegistryAccess,
  repository: string,
  reference: string,
  signal: AbortSignal,
): Promise<string | null> {
  return findDigestBy(new RegistryClient(registry), repository, reference, signal);
}

/** As `findDigest`, by a client that remembers its token. */
export async function findDigestBy(
  client: RegistryClient,
  repository: string,
  reference: string,
  signal: AbortSignal,
): Promise<string | null> {
  const request = {
    target: `/v2/${repository}/manifests/${reference}`,
    repository,
    access: 'pull' as const,
    headers: { accept: manifestTypes },
    signal,
  };
  const head = await client.request({ ...request, method: 'HEAD' });
  discard(head);
  if (head.status === 404) return null;
  const digest = head.headers['docker-content-digest'];
  if (head.status === 200 && typeof digest === 'string') return digest;
  // The header is optional by the specification; the manifest's own hash is what it would say.
  const get = await client.request({ ...request, method: 'GET' });
  if (get.status === 404) {
    discard(get);
    return null;
  }
  if (get.status === 200)
    return `sha256:${createHash('sha256')
      .update(await readText(get))
      .digest('hex')}`;
  discard(get);
  throw new RunError(`asking the registry "${client.access.address}" for "${repository}:${reference}"`, {
    code: 'REGISTRY_UNREACHABLE',
    remedy: 'retry',
    hint: `It answered ${get.status}: is this an image registry?`,
  });
}

/** The registry that holds `name`: the one in use, or another host over TLS (loopback: plain), with the same docker config. */
export function registryOf(name: string, inUse: RegistryAccess): { access: RegistryAccess; repository: string } {
  const { registry, repository } = parseImageReference(name, inUse.address);
  if (registry === inUse.address) return { access: inUse, repository };
  const plain = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(registry);
  return { access: { ...inUse, address: registry, scheme: plain ? 'http' : 'https' }, repository };
}
