import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readlink, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRecipes } from '../../src/image/image-recipes.ts';
import { type LayerEntry, layerFiles, walk } from '../../src/image/layer-files.ts';
import { layerKey, packLayer } from '../../src/image/pack-layer.ts';

const signal = AbortSignal.timeout(60_000);
const project = join(import.meta.dirname, '..', '..');
let folder = '';
let tree = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'greenroom-pack-'));
  tree = join(folder, 'tree');
  await mkdir(join(tree, 'sub', `${'long'.repeat(30)}`), { recursive: true });
  await writeFile(join(tree, 'sub', 'run'), '#!/bin/sh\n', { mode: 0o700 });
  await writeFile(join(tree, 'sub', 'long'.repeat(30), 'file.txt'), 'text');
  await symlink('/etc', join(tree, 'outside'));
});
afterAll(() => rm(folder, { recursive: true }));

async function entriesOf(from: string, except: string[] = []): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  await walk(from, '/app', except, (entry) => entries.push(entry));
  return entries;
}

test('a layer unpacks to what went in, owned by root, with links as links', async () => {
  const { file } = await packLayer(await entriesOf(tree), join(folder, 'a.tar'), signal);
  const target = join(folder, 'unpacked');
  await mkdir(target);

  execFileSync('tar', ['-xf', file, '-C', target]);

  const listed = execFileSync('tar', ['-tvf', file, '--numeric-owner'], { encoding: 'utf8' });
  expect(listed).toMatch(/^-rwxr-xr-x 0\/0 .* app\/sub\/run$/m);
  expect(await readlink(join(target, 'app', 'outside'))).toBe('/etc');
  expect(execFileSync('cat', [join(target, 'app', 'sub', 'long'.repeat(30), 'file.txt')], { encoding: 'utf8' })).toBe(
    'text',
  );
});

test('a folder behind a link is never read', async () => {
  expect((await entriesOf(tree)).some((entry) => entry.path.startsWith('/app/outside/'))).toBe(false);
});

test('what is excepted stays out', async () => {
  expect((await entriesOf(tree, ['sub', 'sub/**'])).map((entry) => entry.path)).toEqual(['/app', '/app/outside']);
});

test('equal content gives an equal digest and key, whenever it was written', async () => {
  const first = await packLayer(await entriesOf(tree), join(folder, 'b.tar'), signal);
  const key = await layerKey(await entriesOf(tree));
  await utimes(join(tree, 'sub', 'run'), 1, 1);

  const second = await packLayer(await entriesOf(tree), join(folder, 'c.tar'), signal);

  expect(second.digest).toBe(first.digest);
  expect(await layerKey(await entriesOf(tree))).toBe(key);
});

test('other content gives another key', async () => {
  const before = await layerKey(await entriesOf(tree));
  await writeFile(join(tree, 'sub', 'run'), '#!/bin/zz\n');

  expect(await layerKey(await entriesOf(tree))).not.toBe(before);
});

test('a file capability is one that the machine accepts', async () => {
  const entries = (await entriesOf(tree)).map((entry): LayerEntry => {
    return entry.kind === 'file' ? { ...entry, capability: 'setuid' } : entry;
  });
  const { file } = await packLayer(entries, join(folder, 'd.tar'), signal);
  const target = join(folder, 'capable');
  await mkdir(target);

  execFileSync('tar', ['--xattrs', '--xattrs-include=*', '-xf', file, '-C', target]);

  const shown = execFileSync('getcap', [join(target, 'app', 'sub', 'run')], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/sbin:/usr/sbin' },
  });
  expect(shown).toContain('cap_setuid=ep');
});

test('our recipes are sound: every layer that an image names is there', async () => {
  const { layers, images } = await readRecipes(project);

  for (const image of Object.values(images)) expect(Object.keys(layers)).toEqual(expect.arrayContaining(image.layers));
});

test('a part that this machine does not have is named with the package that brings it', async () => {
  const recipe = (await readRecipes(project)).layers.chromium;
  if (!recipe) throw new Error('no recipe of chromium');
  const variables = { project, node: process.execPath, lib: join(folder, 'nowhere') };

  await expect(layerFiles(recipe, variables, signal)).rejects.toMatchObject({
    code: 'IMAGE_PART_MISSING',
    remedy: 'fix-input',
    hint: expect.stringContaining('"chromium"'),
  });
});
