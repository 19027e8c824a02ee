import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { RepositoryConfig } from '../../src/config/repository-config.ts';
import { readSmokeList } from '../../src/suites/smoke-list.ts';
import { aShop, breakNames, readShopFile, shopFolder } from './shop.ts';

const removals: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(removals.splice(0).map((remove) => remove()));
});

async function shopWith(broken: string | null): Promise<string> {
  const { folder, remove } = await aShop(broken);
  removals.push(remove);
  return folder;
}

async function configOf(folder: string, name = 'greenroom.yaml') {
  return RepositoryConfig.parse(parse(await readShopFile(folder, name)));
}

const names = await breakNames();

test('the shop can be broken in every way that the demo offers', () => {
  expect(names).toEqual([
    'broken-checkout',
    'crash-loop',
    'flaky-login',
    'missing-image',
    'no-config',
    'oom',
    'slow-search',
  ]);
});

describe.each(names)('%s', (name) => {
  test('applies to the shop, and its greenroom.yaml still reads where it is there', async () => {
    const folder = await shopWith(name);

    const config = name === 'no-config' ? null : await configOf(folder);

    expect(config?.suites.map((suite) => suite.kind) ?? null).toEqual(
      name === 'no-config' ? null : ['smoke', 'e2e', 'load'],
    );
  });

  test('begins with the title of the change that it is', async () => {
    const [title = '', blank, ...rest] = (await readShopFile(shopFolder, `breaks/${name}.patch`)).split('\n');

    expect(title).toMatch(/^[A-Z].{8,70}$/);
    expect(blank).toBe('');
    expect(rest.some((line) => line.startsWith('diff --git '))).toBe(true);
  });
});

test('missing-image waits a short time for a tag that nobody pushes', async () => {
  const config = await configOf(await shopWith('missing-image'));

  expect(config.application.images[0]).toMatchObject({ name: 'shop/web', from: 'wait', timeout: '5s' });
});

test('no-config leaves no greenroom.yaml', async () => {
  const folder = await shopWith('no-config');

  await expect(access(join(folder, 'greenroom.yaml'))).rejects.toThrow('ENOENT');
});

test.each(['greenroom.yaml', 'greenroom.manifests.yaml'])('%s names files that are there', async (file) => {
  const { application, suites } = await configOf(shopFolder, file);

  const paths = [
    ...suites.map((suite) => suite.path),
    ...application.images.flatMap((image) => (image.from === 'build' ? [join(image.context, image.dockerfile)] : [])),
    ...(application.manifests ? [application.manifests] : []),
  ];

  for (const path of paths) await expect(access(join(shopFolder, path))).resolves.toBeUndefined();
  expect(paths.length).toBeGreaterThan(4);
});

test('the smoke list reads without a problem', async () => {
  const list = readSmokeList(await readShopFile(shopFolder, 'scenarios/smoke.yaml'), 'scenarios/smoke.yaml');

  expect(list).toHaveProperty('checks.length', 8);
});
