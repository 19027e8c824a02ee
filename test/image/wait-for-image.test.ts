import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findDigest } from '../../src/image/find-digest.ts';
import type { RegistryAccess } from '../../src/image/registry-access.ts';
import { pinImage, resolveImages } from '../../src/image/resolve-images.ts';
import { waitForImage } from '../../src/image/wait-for-image.ts';
import { freePort, startRegistry, type TestRegistry } from './a-registry.ts';
import { pushTinyImage } from './a-tiny-image.ts';

const signal = AbortSignal.timeout(120_000);
const nowhere = async (): Promise<RegistryAccess> => ({
  address: `127.0.0.1:${await freePort()}`,
  scheme: 'http',
  ca: null,
  dockerConfigPath: null,
});

describe.each(['plain', 'secure'] as const)('a %s registry', (kind) => {
  let registry: TestRegistry;
  let digest = '';
  beforeAll(async () => {
    registry = await startRegistry(kind);
    digest = await pushTinyImage(registry.access, 'shop/web', 'there');
  }, 60_000);
  afterAll(() => registry.stop());

  test('tells the digest of a tag and of a digest, and null for what it does not have', async () => {
    expect(await findDigest(registry.access, 'shop/web', 'there', signal)).toBe(digest);
    expect(await findDigest(registry.access, 'shop/web', digest, signal)).toBe(digest);
    expect(await findDigest(registry.access, 'shop/web', 'absent', signal)).toBeNull();
    expect(await findDigest(registry.access, 'shop/none', 'there', signal)).toBeNull();
  });

  test.each(['shop/web', 'host'])('resolves %s to a reference by digest', async (name) => {
    const named = name === 'host' ? `${registry.access.address}/shop/web` : name;

    const image = await waitForImage(registry.access, { name: named, tag: 'there', timeoutMs: 0, signal });

    expect(image).toEqual({ name: named, digest, reference: `${registry.access.address}/shop/web@${digest}` });
  });

  test('names a missing image at once when there is no time to wait', async () => {
    const waiting = waitForImage(registry.access, { name: 'shop/web', tag: 'absent', timeoutMs: 0, signal });

    await expect(waiting).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      remedy: 'retry',
      message: expect.stringContaining(`${registry.access.address}/shop/web:absent`),
    });
  });

  test('finds an image that is pushed while it waits', async () => {
    const pushed = Promise.withResolvers<string>();
    const image = await waitForImage(registry.access, {
      name: 'shop/late',
      tag: 'late',
      timeoutMs: 60_000,
      onProgress: () => pushed.resolve(pushTinyImage(registry.access, 'shop/late', 'late')),
      signal,
    });

    expect(image.digest).toBe(await pushed.promise);
  });

  test('pins what nobody waits for to the digest of its own tag', async () => {
    expect(await pinImage(registry.access, 'shop/web:there', signal)).toMatchObject({ name: 'shop/web:there', digest });
    await expect(pinImage(registry.access, 'shop/web', signal)).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
  });

  test('does not make the others wait for the one that is missing', async () => {
    const entry = { from: 'wait', tag: 'absent', timeout: '10m' } as const;
    const images = [
      { ...entry, name: 'shop/web' },
      { ...entry, name: 'shop/other', timeout: '0s' },
    ];

    await expect(resolveImages(images, { registry: registry.access, signal })).rejects.toMatchObject({
      message: expect.stringContaining('shop/other:absent'),
    });
  });

  test('stops asking when the run is cancelled', async () => {
    const cancelled = new AbortController();
    const waiting = waitForImage(registry.access, {
      name: 'shop/web',
      tag: 'absent',
      timeoutMs: 600_000,
      onProgress: () => cancelled.abort(),
      signal: cancelled.signal,
    });

    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a registry that cannot be asked', () => {
  let secure: TestRegistry;
  beforeAll(async () => {
    secure = await startRegistry('secure');
  }, 60_000);
  afterAll(() => secure.stop());
  const ask = (access: RegistryAccess, timeoutMs = 0) =>
    waitForImage(access, { name: 'shop/web', tag: 'x', timeoutMs, signal }).catch((error) => error);

  test('because it is not there is told apart from a missing image', async () => {
    expect(await ask(await nowhere())).toMatchObject({ code: 'REGISTRY_UNREACHABLE', remedy: 'retry' });
  });

  test('because its certificate is not trusted says so', async () => {
    expect(await ask({ ...secure.access, ca: null })).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      hint: expect.stringContaining('certificate is not trusted'),
    });
  });

  test('because it speaks TLS and we do not is no missing image either', async () => {
    expect(await ask({ ...secure.access, scheme: 'http' })).toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });

  test('because it wants credentials and there are none ends the wait at once', async () => {
    expect(await ask({ ...secure.access, dockerConfigPath: null }, 600_000)).toMatchObject({
      code: 'REGISTRY_REFUSED',
      remedy: 'fix-input',
    });
  });

  test('because the password is wrong ends the wait at once and does not show it', async () => {
    const path = join(secure.folder, 'wrong.json');
    const auth = Buffer.from('greenroom:hunter2').toString('base64');
    await writeFile(path, JSON.stringify({ auths: { [secure.access.address]: { auth } } }));

    const error = await ask({ ...secure.access, dockerConfigPath: path }, 600_000);

    expect(error).toMatchObject({ code: 'REGISTRY_REFUSED', hint: expect.stringContaining('wrong.json') });
    expect(JSON.stringify(error)).not.toMatch(/hunter2|aHVudGVyMg|Z3JlZW5yb29t/);
  });
});

/** Docker Hub's way: the registry sends the visitor to a token service. */
describe('a registry with a token service', () => {
  const token = 'a-token';
  let access: RegistryAccess;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const host = `http://${request.headers.host}`;
    if (request.url?.startsWith('/token')) {
      const scope = new URL(request.url, host).searchParams.get('scope');
      response.end(JSON.stringify(scope === 'repository:shop/web:pull' ? { token } : { token: 'useless' }));
    } else if (request.headers.authorization !== `Bearer ${token}`) {
      response.setHeader('www-authenticate', `Bearer realm="${host}/token",service="registry"`);
      response.writeHead(401).end();
    } else {
      response.setHeader('docker-content-digest', 'sha256:1');
      response.end();
    }
  });
  beforeAll(async () => {
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    access = { address: `127.0.0.1:${port}`, scheme: 'http', ca: null, dockerConfigPath: null };
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('gets the token that it wants, for the repository that is asked for', async () => {
    expect(await findDigest(access, 'shop/web', 'x', signal)).toBe('sha256:1');
    expect(asked).toContain('GET /token?service=registry&scope=repository%3Ashop%2Fweb%3Apull');
  });

  test('that does not allow it is worth another look: the repository may not exist yet', async () => {
    await expect(findDigest(access, 'shop/other', 'x', signal)).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      remedy: 'retry',
    });
  });
});
