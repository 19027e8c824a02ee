import { collectSuites } from '../suites/collect-suites.ts';
import { releaseSuites } from '../suites/release-suites.ts';
import type { Performance } from './performance.ts';
import type { Provisioned } from './provisioning-phase.ts';
import { foldersOf } from './stage.ts';
import { stillWanted } from './still-wanted.ts';

/** One `go` for all suites, then their results as they come. A red test is in the results; nothing of it is thrown. */
export async function test(performance: Performance, { prepared }: Provisioned): Promise<void> {
  const { stage, recorder, signal } = performance;
  const { run } = recorder;
  await recorder.tell({ kind: 'phase-started', phase: 'testing' });
  await stillWanted(performance);
  const released = await releaseSuites(prepared, stage.now);
  await collectSuites({
    released,
    runId: run.id,
    artifactsDir: foldersOf(stage, run.id).artifacts,
    signal,
    now: stage.now,
    onResult: (suite) => recorder.mention({ kind: 'suite-progress', suite }),
  });
  signal.throwIfAborted();
  await recorder.tell({ kind: 'suites-finished' });
}
