import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageProgress } from '../../src/image/ensure-image.ts';
import { findDigest } from '../../src/image/find-digest.ts';
import { RegistryClient } from '../../src/image/registry-client.ts';
import { ensureBuilderImage, ensureRunnerImages } from '../../src/image/runner-images.ts';
import { startRegistry, type TestRegistry } from './a-registry.ts';
import { pushTinyImage } from './a-tiny-image.ts';
import { imageFiles } from './image-files.ts';

describe('our own images', { timeout: 300_000 }, () => {
  const signal = AbortSignal.timeout(600_000);
  let registry: TestRegistry;
  let folder = '';
  let cacheDir = '';
  let first = { runner: '', browser: '' };
  beforeAll(async () => {
    registry = await startRegistry('secure');
    folder = await mkdtemp(join(tmpdir(), 'greenroom-images-'));
    cacheDir = join(folder, 'cache');
    first = await ensure();
  }, 300_000);
  afterAll(async () => {
    await registry.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function ensure(onProgress: (progress: ImageProgress) => void = () => undefined) {
    // Any program of this machine will do for what is looked at here.
    return ensureRunnerImages({ registry: registry.access, k6Path: execPath, cacheDir, onProgress, signal });
  }

  function filesOf(reference: string): Promise<string[]> {
    return imageFiles(new RegistryClient(registry.access), reference, join(folder, 'image'));
  }

  test('are built once: the second time nothing is packed or pushed', async () => {
    const progress: ImageProgress[] = [];

    expect(await ensure((each) => progress.push(each))).toEqual(first);

    expect(progress).toEqual([
      { image: 'runner', state: 'present' },
      { image: 'browser', state: 'present' },
    ]);
  });

  test('are known by the looks of their files, by what is in them where those are new, and packed where nothing is known', async () => {
    const progress: ImageProgress[] = [];
    const builder = () =>
      ensureBuilderImage({
        registry: registry.access,
        cacheDir: notes,
        onProgress: (each) => progress.push(each),
        signal,
      });
    const notes = join(folder, 'notes');
    const made = await builder();
    const files = await readdir(notes);

    for (const file of files) {
      await rm(join(notes, file));
      progress.length = 0;
      expect(await builder()).toBe(made);
      expect(progress.map(({ state }) => state)).toEqual(['present']);
    }
    await rm(notes, { recursive: true });
    progress.length = 0;
    expect(await builder()).toBe(made);
    expect(progress.map(({ state }) => state)).toContain('packing');
  });

  test('are not believed by their tag: what somebody else pushed under it is replaced', async () => {
    const [repository = '', digest = ''] = first.runner.slice(registry.access.address.length + 1).split('@sha256:');
    const tag = digest.slice(0, 16);
    await pushTinyImage(registry.access, repository, tag);

    expect((await ensure()).runner).toBe(first.runner);

    expect(await findDigest(registry.access, repository, tag, signal)).toBe(`sha256:${digest}`);
  });

  test('hold what a suite needs, and the browser only where it is used', async () => {
    const runner = await filesOf(first.runner);
    const browser = await filesOf(first.browser);

    for (const path of [
      'usr/bin/node',
      'usr/bin/k6',
      'greenroom/runner/main.ts',
      'greenroom/node_modules/tar-stream/package.json',
    ]) {
      expect(runner).toContain(path);
      expect(browser).toContain(path);
    }
    const chromium = ['usr/lib/chromium/chromium', 'greenroom/node_modules/@playwright/test/cli.js'];
    const npm = [
      'greenroom/node_modules/npm/bin/npm-cli.js',
      'greenroom/node_modules/npm/node_modules/pacote/package.json',
    ];
    expect(browser).toEqual(expect.arrayContaining([...chromium, ...npm]));
    const unwanted = /chromium|@playwright|node_modules\/npm\/|runner\/images/;
    expect(runner.filter((path) => unwanted.test(path))).toEqual([]);
    expect(browser.filter((path) => /node_modules\/npm\/(?:docs|man)\//.test(path))).toEqual([]);
  });

  test('are made again from nothing with the same digest, and leave nothing but notes in the cache', async () => {
    await rm(cacheDir, { recursive: true });
    const abandoned = join(cacheDir, 'packing-killed');
    await mkdir(abandoned, { recursive: true });
    await utimes(abandoned, daysAgo(2), daysAgo(2));
    const other = await startRegistry('plain');

    const again = await ensureBuilderImage({ registry: other.access, cacheDir, signal }).finally(other.stop);

    const here = await ensureBuilderImage({ registry: registry.access, cacheDir, signal });
    expect(again.split('@')[1]).toBe(here.split('@')[1]);
    expect((await readdir(cacheDir)).every((name) => name.endsWith('.json'))).toBe(true);
  });
});

function daysAgo(days: number): Date {
  return new Date(Date.now() - days * 24 * 60 * 60 * 1000);
}
