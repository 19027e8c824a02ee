import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findDigest } from '../../src/image/find-digest.ts';
import { digestOf } from '../../src/image/push-blobs.ts';
import { pushExported } from '../../src/image/push-exported.ts';
import { RegistryClient } from '../../src/image/registry-client.ts';
import { startRegistry, type TestRegistry } from './a-registry.ts';

const signal = AbortSignal.timeout(60_000);
const layer = Buffer.alloc(2048, 'layer');
const config = Buffer.from(JSON.stringify({ rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } }));
const describeBlob = (content: Buffer) => ({ mediaType: 'x', digest: digestOf(content), size: content.length });

describe('an image that came out of a build', () => {
  let registry: TestRegistry;
  let folder = '';
  beforeAll(async () => {
    registry = await startRegistry('secure');
    folder = await mkdtemp(join(tmpdir(), 'greenroom-exported-'));
  });
  afterAll(async () => {
    await registry.stop();
    await rm(folder, { recursive: true });
  });

  function push(repository: string, manifest: object, files: Record<string, Buffer>, asked: string[] = []) {
    const all: Record<string, Buffer> = { ...files, 'manifest.json': Buffer.from(JSON.stringify(manifest)) };
    return pushExported({
      client: new RegistryClient(registry.access),
      repository,
      tag: 'f00',
      folder,
      known: new Map(),
      read: async (path, stdout) => {
        asked.push(path);
        const content = all[path] ?? Buffer.alloc(0);
        await new Promise<void>((resolve, reject) =>
          stdout.write(content, (error) => (error ? reject(error) : resolve())),
        );
      },
      signal,
    });
  }
  const good = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' };
  const nameOf = (content: Buffer) => digestOf(content).replace('sha256:', '');

  test('is pushed under its tag, and what the registry has is not read again', async () => {
    const manifest = { ...good, config: describeBlob(config), layers: [describeBlob(layer)] };
    const files = { [nameOf(config)]: config, [nameOf(layer)]: layer };
    const asked: string[] = [];

    const digest = await push('shop/web', manifest, files);
    await push('shop/web', manifest, files, asked);

    expect(await findDigest(registry.access, 'shop/web', 'f00', signal)).toBe(digest);
    expect(asked).toEqual(['manifest.json']);
  });

  test.each([
    ['a blob that is not what its digest says', { [nameOf(layer)]: Buffer.alloc(layer.length, 'other') }],
    ['a blob that is longer than it says', { [nameOf(layer)]: Buffer.concat([layer, layer]) }],
    ['a blob that is not there', {}],
  ])('is refused for %s', async (_, files) => {
    const manifest = { ...good, config: describeBlob(config), layers: [describeBlob(layer)] };

    const pushing = push('shop/bad', manifest, { [nameOf(config)]: config, ...files });

    await expect(pushing).rejects.toMatchObject({ code: 'BUILD_NOT_POSSIBLE' });
    expect(await findDigest(registry.access, 'shop/bad', 'f00', signal)).toBeNull();
  });

  test('cannot name a file outside its folder', async () => {
    const asked: string[] = [];
    const manifest = { ...good, config: { ...describeBlob(config), digest: 'sha256:../../etc/passwd' }, layers: [] };

    await expect(push('shop/bad', manifest, {}, asked)).rejects.toThrow();

    expect(asked).toEqual(['manifest.json']);
  });
});
