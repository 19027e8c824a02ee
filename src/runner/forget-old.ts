import { rm } from 'node:fs/promises';
import { forgetBefore } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { foldersOf, type Stage } from './stage.ts';

/** Forgets finished runs, with their reports, once the operator's retention is over. @returns how many */
export async function forgetOld(store: Store, stage: Pick<Stage, 'dataDir'>, retentionMs: number): Promise<number> {
  const before = new Date((await store.now()).getTime() - retentionMs);
  const forgotten = await store.transaction((tx) => forgetBefore(tx, before));
  for (const runId of forgotten) {
    const { artifacts, tree } = foldersOf(stage, runId);
    await rm(artifacts, { recursive: true, force: true });
    await rm(tree, { recursive: true, force: true });
  }
  return forgotten.length;
}
