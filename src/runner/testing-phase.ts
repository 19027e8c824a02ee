import { explain } from '../errors.ts';
import { collectSuites } from '../suites/collect-suites.ts';
import { releaseSuites } from '../suites/release-suites.ts';
import type { SuiteResult } from '../suites/suite-result.ts';
import { applicationLines, withApplicationLog } from './application-logs.ts';
import { keepArtifacts } from './keep-artifacts.ts';
import type { Performance } from './performance.ts';
import type { Provisioned } from './provisioning-phase.ts';
import { foldersOf } from './stage.ts';
import { stillWanted } from './still-wanted.ts';

/** One `go` for all suites, then their results as they come. A red test is in the results; nothing of it is thrown. */
export async function test(performance: Performance, provisioned: Provisioned): Promise<void> {
  const { stage, recorder, signal } = performance;
  const { run } = recorder;
  await recorder.tell({ kind: 'phase-started', phase: 'testing' });
  await stillWanted(performance);
  const released = await releaseSuites(provisioned.prepared, stage.now);
  const startedAt = stage.now();
  const note = (suite: SuiteResult) => recorder.mention({ kind: 'suite-progress', suite });
  const keeping: Promise<SuiteResult>[] = [];
  await collectSuites({
    released,
    runId: run.id,
    artifactsDir: foldersOf(stage, run.id).outputs,
    signal,
    now: stage.now,
    ...(provisioned.redactAnswers ? { redact: provisioned.redactAnswers } : {}),
    onResult: (suite) => {
      note(suite);
      keeping.push(keepArtifacts(stage, run.id, suite));
    },
  });
  const results = await Promise.all(keeping);
  for (const suite of results) note(suite);
  signal.throwIfAborted();
  await explainReds(performance, provisioned, results, startedAt);
  await recorder.tell({ kind: 'suites-finished' });
}

/** What the application logged while a red test ran, while its containers are still there to be asked. */
async function explainReds(
  { stage, recorder }: Performance,
  { namespace, redact }: Provisioned,
  results: SuiteResult[],
  startedAt: Date,
): Promise<void> {
  const red = results.filter((suite) => suite.tests.some((one) => one.status === 'failed' || one.status === 'errored'));
  if (red.length === 0) return;
  try {
    const lines = await applicationLines(stage.kubernetes, namespace, startedAt, stage.now());
    for (const suite of red)
      recorder.mention({ kind: 'suite-progress', suite: withApplicationLog(suite, lines, redact) });
  } catch (error) {
    // The verdict stands without it.
    stage.log.warn({ run: recorder.run.id, error: explain(error) }, 'reading what the application logged');
  }
}
