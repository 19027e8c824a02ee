import type { SuiteProgress } from '../suites/planned-suite.ts';
import type { Performance } from './performance.ts';

/** A suite's progress, into the run's log and its document. */
export function noteProgress(
  { stage, recorder }: Performance,
  progress: SuiteProgress,
  redact: ((text: string) => string) | null,
): void {
  const { run } = recorder;
  const { line } = progress;
  if (line !== undefined) stage.onLine(run.id, progress.suite, redact?.(line) ?? line);
  if (progress.state !== 'running') return;
  const suite = run.document.suites.find((candidate) => candidate.name === progress.suite);
  if (suite?.status !== 'pending' || run.document.verdict !== null) return;
  const startedAt = stage.now().toISOString();
  recorder.mention({ kind: 'suite-progress', suite: { ...suite, status: 'running', startedAt } });
}
