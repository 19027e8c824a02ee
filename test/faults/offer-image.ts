import { mountBlob, putManifest } from '../../src/image/push-blobs.ts';
import type { RegistryAccess } from '../../src/image/registry-access.ts';
import { RegistryClient } from '../../src/image/registry-client.ts';
import { readText } from '../../src/image/registry-http.ts';
import { awaitedImage } from './application.ts';

const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const from = 'base/node';

/** What the repository's own CI would do: the image that the application waits for is there under this tag. */
export async function offerImage(registry: RegistryAccess, tag: string): Promise<void> {
  const client = new RegistryClient(registry);
  const signal = AbortSignal.timeout(30_000);
  const target = `/v2/${from}/manifests/24`;
  const headers = { accept: mediaType };
  const text = await readText(
    await client.request({ method: 'GET', target, repository: from, access: 'pull', headers, signal }),
  );
  const { config, layers } = JSON.parse(text) as { config: { digest: string }; layers: { digest: string }[] };
  for (const { digest } of [config, ...layers]) await mountBlob(client, awaitedImage, { digest, from }, signal);
  const manifest = Buffer.from(text);
  await putManifest(client, awaitedImage, { reference: tag, mediaType, manifest }, signal);
}
