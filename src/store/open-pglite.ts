import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PGliteDialect, type PGliteDialectConfig } from 'kysely';
import { fromPglite } from 'pg-boss';
import { RunError } from '../errors.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import type { Engine } from './open-store.ts';
import { startWakeUps } from './wake-ups.ts';

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
