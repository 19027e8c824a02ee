import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';

let folder: string;
let cacheDir: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'greenroom-template-'));
  cacheDir = join(folder, 'cache');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** @returns how many runs it knows: a store that works says 0 */
async function openIn(name: string): Promise<number> {
  const store = await openStore({ dataDir: join(folder, name), cacheDir }, { log: silentLog(), wakeUps: 'none' });
  const rows = await store.db.selectFrom('runs').select('id').execute();
  await store.close();
  return rows.length;
}

test('a new folder starts from the directory in the cache, which is made once', async () => {
  expect(await openIn('first')).toBe(0);
  const [template = '', ...others] = await readdir(cacheDir);
  const made = await stat(join(cacheDir, template));

  expect(await openIn('second')).toBe(0);

  expect(others).toEqual([]);
  expect((await stat(join(cacheDir, template))).ino).toBe(made.ino);
  expect((await readdir(join(folder, 'second'))).filter((name) => name.startsWith('store'))).toEqual(['store']);
});

test('one that is damaged is thrown away, and the folder gets a directory of its own', async () => {
  const [template = ''] = await readdir(cacheDir);
  await truncate(join(cacheDir, template, 'global', 'pg_control'));

  expect(await openIn('third')).toBe(0);

  expect(await readdir(cacheDir)).toEqual([]);
});
