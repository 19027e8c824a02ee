import type { RunError } from '../errors.ts';
import { judge } from '../verdict/judge.ts';
import { endingOfError } from './ending.ts';
import type { Recorder } from './recorder.ts';

/** What kept a run from going on is its end: nothing else would ever conclude its commit. */
export async function endAsUntested(recorder: Recorder, error: RunError): Promise<void> {
  const ending = endingOfError(error);
  const failure = ending.error ?? ending.gate;
  if (failure) await recorder.tell({ kind: ending.error ? 'errored' : 'failed', failure });
  if (recorder.run.phase === 'testing') await recorder.tell({ kind: 'suites-finished' });
  await recorder.tell({ kind: 'phase-started', phase: 'reporting' });
  await recorder.tell({ kind: 'judged', ...judge({ ...ending, suites: recorder.run.document.suites }) });
}
