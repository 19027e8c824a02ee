import { rm } from 'node:fs/promises';
import { explain } from '../errors.ts';
import { forgetRuns, runsFinishedBefore } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { foldersOf, type Stage } from './stage.ts';

/**
 * Forgets finished runs, with their reports, once the operator's retention is over. A run goes after its files: what cannot be
 * deleted now is known until it can. @returns how many
 */
export async function forgetOld(
  store: Store,
  stage: Pick<Stage, 'dataDir' | 'artifacts' | 'log'>,
  retentionMs: number,
): Promise<number> {
  const before = new Date((await store.now()).getTime() - retentionMs);
  const forgotten: string[] = [];
  for (const runId of await runsFinishedBefore(store, before)) {
    try {
      await stage.artifacts.forget(runId);
      await rm(foldersOf(stage, runId).work, { recursive: true, force: true });
      forgotten.push(runId);
    } catch (error) {
      stage.log.warn({ run: runId, error: explain(error) }, 'forgetting the files of a run');
      // The others' are in the same place: it is tried again with the next look.
      break;
    }
  }
  await store.transaction((tx) => forgetRuns(tx, forgotten, before));
  return forgotten.length;
}
