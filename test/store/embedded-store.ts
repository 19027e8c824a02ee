import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { defaultCacheDir } from '../../src/toolchain/ensure-tools.ts';

/** PGlite in a folder of its own, which goes when the store is closed. */
export async function openEmbeddedStore(options: StoreOptions): Promise<Store> {
  const dataDir = await mkdtemp(join(tmpdir(), 'greenroom-store-'));
  const remove = () => rm(dataDir, { recursive: true, force: true });
  try {
    const store = await openStore({ dataDir, cacheDir: defaultCacheDir(process.env) }, options);
    return { ...store, close: () => store.close().then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}
