import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PGliteDialect } from 'kysely';
import { fromPglite } from 'pg-boss';
import { RunError } from '../errors.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import type { Engine } from './open-store.ts';

/** PGlite in `<dataDir>/store`, behind the folder's lock (two processes on one folder lose rows silently); null: in memory. */
export async function openPglite(dataDir: string | null): Promise<Engine> {
  if (dataDir === null) return engineOn(new PGlite(), async () => undefined);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockDataFolder(dataDir);
  try {
    const pglite = await PGlite.create(join(dataDir, 'store'));
    return engineOn(pglite, () => lock.release());
  } catch (error) {
    await lock.release();
    throw new RunError(`opening the store in "${dataDir}"`, {
      code: 'STORE_UNREADABLE',
      remedy: 'fix-input',
      hint: 'Check free space and permissions; with a damaged folder, move it away: Greenroom starts anew and sweeps by label.',
      cause: error,
    });
  }
}

function engineOn(pglite: PGlite, release: () => Promise<void>): Engine {
  return {
    name: 'pglite',
    dialect: new PGliteDialect({ pglite }),
    bossOptions: { backend: 'pglite', db: fromPglite(pglite) },
    async close() {
      if (!pglite.closed) await pglite.close();
      await release();
    },
  };
}
