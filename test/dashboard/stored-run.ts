import type { Run } from '../../src/run/run.ts';
import { createRun } from '../../src/store/create-run.ts';
import { claimRun } from '../../src/store/leases.ts';
import { saveRun } from '../../src/store/save-run.ts';
import type { Store } from '../../src/store/store.ts';
import type { VerdictDocument } from '../../src/verdict/verdict-document.ts';

/** Puts a run with this document into the store, the way a player leaves it. */
export async function storeRun(store: Store, id: string, document: VerdictDocument): Promise<void> {
  const { repository, change, sha, baseSha } = document.run;
  const build = (generation: number): Run => ({
    id,
    repository,
    change,
    queueRef: document.run.queueRef ?? null,
    changeId: `change-${change}`,
    headSha: sha,
    baseSha,
    generation,
    trigger: 'synchronize',
    trusted: true,
    phase: 'queued',
    cancel: null,
    onlySuites: null,
    keepUntil: null,
    expiresAt: '2026-01-01T12:00:00.000Z',
    environmentName: `gr-${id}`,
    document,
  });
  await store.transaction(async (tx) => {
    const { run } = await createRun(tx, { change: { id: `change-${change}`, repository, number: change }, build });
    const claim = await claimRun(tx, run.id, 'test');
    const document_ = { ...document, run: { ...document.run, id, generation: run.generation } };
    if (claim) await saveRun(tx, { ...claim.run, phase: document.phase, document: document_ }, claim.hold);
  });
}
