import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pushBlob, pushManifest } from '../../src/image/push-blobs.ts';
import type { RegistryAccess } from '../../src/image/registry-access.ts';
import { RegistryClient } from '../../src/image/registry-client.ts';

/** Pushes an image of one layer that is never run; returns its digest. */
export async function pushTinyImage(access: RegistryAccess, repository: string, tag: string): Promise<string> {
  const client = new RegistryClient(access);
  const signal = AbortSignal.timeout(30_000);
  const content = Buffer.alloc(1024, tag);
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const layer = { digest, size: content.length };
  await pushBlob(client, repository, { ...layer, open: () => Readable.from([content]) }, signal);
  const layers = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }];
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digest] } };
  return pushManifest(client, repository, { tag, config, layers }, signal);
}
