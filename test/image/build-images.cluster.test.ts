import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BuildOutcome, buildImages } from '../../src/image/build-images.ts';
import { findDigest } from '../../src/image/find-digest.ts';
import type { RegistryAccess } from '../../src/image/registry-access.ts';
import { RegistryClient } from '../../src/image/registry-client.ts';
import { ensureBaseImages, ensureBuilderImage } from '../../src/image/runner-images.ts';
import { apiRequest } from '../../src/kubernetes/api-request.ts';
import { connectKubernetes, type Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { defaultCacheDir } from '../../src/toolchain/ensure-tools.ts';
import { startRegistry } from './a-registry.ts';
import { anOwner } from './an-owner.ts';
import { imageFiles } from './image-files.ts';

const kubeconfig = env.GREENROOM_TEST_KUBECONFIG;
const address = env.GREENROOM_TEST_REGISTRY;
const from = 'ARG GREENROOM_REGISTRY\nFROM $GREENROOM_REGISTRY/base/node:24\n';

describe.skipIf(!kubeconfig || !address)('building the images of a change', { timeout: 300_000 }, () => {
  const registry: RegistryAccess = { address: address ?? '', scheme: 'http', ca: null, dockerConfigPath: null };
  const signal = AbortSignal.timeout(900_000);
  const namespaces: string[] = [];
  let kubernetes: Kubernetes;
  let folder = '';
  const cacheDir = defaultCacheDir(env);
  let builderImage = '';

  beforeAll(async () => {
    kubernetes = connectKubernetes(kubeconfig ?? '', null);
    folder = await mkdtemp(join(tmpdir(), 'greenroom-build-test-'));
    await ensureBaseImages({ registry, cacheDir, signal });
    builderImage = await ensureBuilderImage({ registry, cacheDir, signal });
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function context(name: string, files: Record<string, string>): Promise<string> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name, path)), { recursive: true });
      await writeFile(join(folder, name, path), text);
    }
    return join(folder, name);
  }

  function build(
    contexts: Record<string, string>,
    options: { registry?: RegistryAccess; signal?: AbortSignal; timeoutMs?: number; lines?: string[] } = {},
  ): Promise<BuildOutcome> {
    const environmentName = `imageroom-${Math.random().toString(36).slice(2, 8)}`;
    namespaces.push(`${environmentName}-build`);
    return buildImages({
      kubernetes,
      registry,
      owner: anOwner(environmentName),
      environmentName,
      builderImage,
      builds: Object.entries(contexts).map(([name, contextFolder]) => {
        return { name: `imageroom/${name}`, contextFolder, dockerfile: 'Dockerfile', tag: 'f00' };
      }),
      buildProxy: null,
      cacheDir,
      timeoutMs: 240_000,
      signal,
      onProgress: ({ line }) => void options.lines?.push(line),
      ...options,
    });
  }

  test.concurrent('gives each by the digest that the registry has under the head SHA, without what `.dockerignore` names', async () => {
    const webContext = await context('web', {
      Dockerfile: `${from}COPY . /app\n`,
      'server.js': '1',
      'a.md': '2',
      '.dockerignore': '*.md',
    });
    const apiContext = await context('api', {
      Dockerfile: `${from}WORKDIR /app\nCOPY --chown=10001 . .\n`,
      'server.js': '3',
    });
    await symlink('/etc/passwd', join(apiContext, 'link'));
    const lines: string[] = [];

    const outcome = await build({ web: webContext, api: apiContext }, { lines });

    if (outcome.status !== 'built') throw new Error(JSON.stringify(outcome.failure));
    for (const image of outcome.images) {
      expect(await findDigest(registry, image.name, 'f00', signal)).toBe(image.digest);
      expect(image.reference).toBe(`${registry.address}/${image.name}@${image.digest}`);
    }
    expect(lines.some((line) => line.startsWith('STEP 1/'))).toBe(true);
    const client = new RegistryClient(registry);
    const web = await imageFiles(client, `${registry.address}/imageroom/web:f00`, join(folder, 'image'));
    const own = web.filter((path) => path.startsWith('app/')).sort();
    expect(own).toEqual(['app/', 'app/.dockerignore', 'app/Dockerfile', 'app/server.js']);
    const api = await imageFiles(client, `${registry.address}/imageroom/api:f00`, join(folder, 'image'));
    expect(api).toContain('app/link');
  });

  test.concurrent("runs steps as the image's user, without a token of the cluster and away from the host", async () => {
    const script = "console.log('uid', process.getuid(), require('fs').existsSync('/var/run/secrets/kubernetes.io'))";
    const run = await context('run', { Dockerfile: `${from}RUN ["/usr/bin/node", "-e", "${script}"]\n` });
    const lines: string[] = [];

    const outcome = await build({ run }, { lines });

    expect(outcome.status).toBe('built');
    expect(lines).toContain('uid 10001 false');
  });

  test.concurrent('of which one does not build is a red result with the step and what it printed', async () => {
    const red = await context('red', {
      Dockerfile: `${from}RUN ["/usr/bin/node", "-e", "console.log('3 failing'); process.exit(7)"]\n`,
    });

    const outcome = await build({ red });

    expect(outcome).toMatchObject({
      status: 'failed',
      failure: { class: 'product', code: 'BUILD_FAILED', image: 'imageroom/red' },
    });
    const evidence = outcome.status === 'failed' ? outcome.failure.evidence : [];
    expect(evidence[0]).toMatch(/STEP \d\/\d: RUN/);
    expect(evidence).toContain('3 failing');
  });

  test.concurrent('of which one starts from nothing that exists blames nobody, and names it', async () => {
    const lost = await context('lost', {
      Dockerfile: 'ARG GREENROOM_REGISTRY\nFROM $GREENROOM_REGISTRY/base/none:1\n',
    });

    await expect(build({ lost })).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      remedy: 'retry',
      message: expect.stringContaining('base/none:1'),
    });
  });

  test.concurrent('without a Dockerfile names the input', async () => {
    const empty = await context('empty', { 'README.md': 'x' });

    await expect(build({ empty })).rejects.toMatchObject({ code: 'BUILD_INPUT_MISSING', remedy: 'fix-input' });
  });

  test.concurrent('that takes too long ends with its time', async () => {
    const slow = await context('slow', {
      Dockerfile: `${from}RUN ["/usr/bin/node", "-e", "setTimeout(() => {}, 600000)"]\n`,
    });

    await expect(build({ slow }, { timeoutMs: 20_000 })).rejects.toMatchObject({
      code: 'BUILD_TIMEOUT',
      remedy: 'retry',
    });
  });

  test.concurrent('pushes to a registry with a password, which the build itself cannot reach', async () => {
    const secure = await startRegistry('secure');
    try {
      await ensureBaseImages({ registry: secure.access, cacheDir, signal });
      const web = await context('secret', { Dockerfile: `${from}COPY . /app\n`, 'server.js': '1' });

      const outcome = await build({ web }, { registry: secure.access });

      if (outcome.status !== 'built') throw new Error(JSON.stringify(outcome.failure));
      expect(await findDigest(secure.access, 'imageroom/web', 'f00', signal)).toBe(outcome.images[0]?.digest);
    } finally {
      await secure.stop();
    }
  });

  test('leaves no namespace behind, however it ended', async () => {
    for (const name of namespaces) {
      let status = 0;
      for (let attempt = 0; attempt < 240 && status !== 404; attempt += 1) {
        ({ status } = await apiRequest<unknown>(kubernetes, { path: `/api/v1/namespaces/${name}`, signal }));
        if (status !== 404) await sleep(250);
      }
      expect(status, name).toBe(404);
    }
  });
});
