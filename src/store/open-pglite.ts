import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PGliteDialect, type PGliteDialectConfig } from 'kysely';
import { fromPglite } from 'pg-boss';
import { RunError } from '../errors.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import type { Engine } from './open-store.ts';
import { copyTemplate, dropTemplate, exists } from './pglite-template.ts';
import { startWakeUps } from './wake-ups.ts';

/**
 * PGlite in `<dataDir>/store`, behind the folder's lock (two processes on one folder lose rows silently). The first in a folder
 * starts from the template in `cacheDir`; null: from nothing.
 */
export async function openPglite(dataDir: string, cacheDir: string | null): Promise<Engine> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockDataFolder(dataDir);
  try {
    const pglite = await openFolder(join(dataDir, 'store'), cacheDir);
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

async function openFolder(folder: string, cacheDir: string | null): Promise<PGlite> {
  const isCopy = cacheDir !== null && !(await exists(folder)) && (await copyTemplate(cacheDir, folder));
  try {
    return await PGlite.create(folder);
  } catch (error) {
    if (!isCopy) throw error;
    // The template is damaged, and nothing of anybody's is in its copy.
    await Promise.all([dropTemplate(cacheDir), rm(folder, { recursive: true, force: true })]);
    return PGlite.create(folder);
  }
}

function engineOn(pglite: PGlite, release: () => Promise<void>): Engine {
  return {
    name: 'pglite',
    dialect: new PGliteDialect({ pglite: withFailingBegin(pglite) }),
    startWakeUps: (log) => startWakeUps({ backend: 'pglite', db: fromPglite(pglite) }, log),
    async close() {
      if (!pglite.closed) await pglite.close();
      await release();
    },
  };
}

type PGliteForKysely = Exclude<PGliteDialectConfig['pglite'], (...args: never[]) => unknown>;

/**
 * Kysely 0.29 waits for ever, and leaves a rejection unhandled, when BEGIN itself fails (closed, disk full). A
 * transaction that never began is handed to it as one in which every statement fails for that reason.
 */
function withFailingBegin(pglite: PGlite): PGliteForKysely {
  return {
    get closed() {
      return pglite.closed;
    },
    get ready() {
      return pglite.ready;
    },
    waitReady: pglite.waitReady,
    close: () => pglite.close(),
    query: (text, parameters, options) => pglite.query(text, parameters, options),
    async transaction(work) {
      let begun = false;
      const begin: typeof work = (tx) => {
        begun = true;
        return work(tx);
      };
      try {
        return await pglite.transaction(begin);
      } catch (error) {
        if (!begun) await work({ query: () => Promise.reject(error), rollback: async () => undefined });
        throw error;
      }
    },
  };
}
