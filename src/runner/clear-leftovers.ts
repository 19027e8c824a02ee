import { readdir, rm } from 'node:fs/promises';
import { runById } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { foldersOf, type Stage, workFolder } from './stage.ts';

/**
 * Files of runs that ended while their player was dead: another replica ended them, and nobody but this machine's looks into
 * its data folder.
 */
export async function clearLeftovers(store: Store, stage: Pick<Stage, 'dataDir'>): Promise<void> {
  for (const runId of await foldersIn(workFolder(stage.dataDir))) {
    const run = await runById(store, runId);
    if (run === null || run.phase === 'done') {
      await rm(foldersOf(stage, runId).work, { recursive: true, force: true });
    }
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
