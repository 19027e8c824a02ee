import { explain } from '../errors.ts';
import { collectSuites } from '../suites/collect-suites.ts';
import type { PreparedSuite } from '../suites/prepare-suites.ts';
import { type ReleasedSuite, releaseSuites } from '../suites/release-suites.ts';
import type { SuiteResult } from '../suites/suite-result.ts';
import type { SuitesAtHand } from './acts.ts';
import { applicationLines, withApplicationLog } from './application-logs.ts';
import { keepArtifacts } from './keep-artifacts.ts';
import { EndedEarly, type Performance } from './performance.ts';
import { foldersOf } from './stage.ts';

export interface SuitesInPods {
  /** Resolves when their files are in and they wait. */
  preparing: Promise<PreparedSuite[]>;
  /** What an earlier player has released, with the results that it has kept; null: they wait for `go`. */
  begun: { released: ReleasedSuite[]; startedAt: Date; kept: SuiteResult[] } | null;
  /** Ends the preparing. */
  abandon: () => void;
  /** The application's namespace. */
  namespace: string;
  /** Takes the environment's secrets, its own and the operator's, out of what it logged. */
  redact: (text: string) => string;
  /**
   * Takes the operator's secrets out of what suites were answered, where there are any; the change's own stand in its files
   * for all to read.
   */
  redactAnswers: ((text: string) => string) | null;
}

/** The suites of a run in their pods on the cluster. */
export function suitesInPods(performance: Performance, pods: SuitesInPods): SuitesAtHand {
  const { stage } = performance;
  const { begun } = pods;
  let released = begun?.released ?? [];
  let startedAt = begun?.startedAt ?? stage.now();
  return {
    abandon: pods.abandon,
    async warm() {
      await pods.preparing;
    },
    async go() {
      if (begun) return;
      released = await releaseSuites(await pods.preparing, stage.now);
      startedAt = stage.now();
    },
    async collect(onResult) {
      const collected = await collect(performance, pods, released, onResult);
      const results = [...(begun?.kept ?? []), ...collected];
      if (performance.signal.aborted) return results;
      return await explainReds(performance, pods, results, startedAt);
    },
  };
}

async function collect(
  { stage, recorder: { run }, lease, signal }: Performance,
  { redactAnswers }: SuitesInPods,
  released: ReleasedSuite[],
  onResult: (suite: SuiteResult) => Promise<void>,
): Promise<SuiteResult[]> {
  const { ended, left } = meaningOf(signal);
  return await collectSuites({
    released,
    runId: run.id,
    artifactsDir: foldersOf(stage, run.id).outputs,
    signal: ended,
    leave: left,
    mayBegin: () => lease.enough(),
    now: stage.now,
    ...(redactAnswers ? { redact: redactAnswers } : {}),
    keep: async (suite) => {
      const kept = await keepArtifacts(stage, run.id, suite);
      await onResult(kept);
      return kept;
    },
  });
}

/** Somebody's wish ends the suites; when the lease is lost or Greenroom stops, they are the next player's. */
function meaningOf(signal: AbortSignal): { ended: AbortSignal; left: AbortSignal } {
  const ended = new AbortController();
  const left = new AbortController();
  const tell = () => (signal.reason instanceof EndedEarly ? ended : left).abort(signal.reason);
  if (signal.aborted) tell();
  else signal.addEventListener('abort', tell, { once: true });
  return { ended: ended.signal, left: left.signal };
}

/** With what the application logged while a red test ran, while its containers are still there to be asked. */
async function explainReds(
  { stage, recorder }: Performance,
  { namespace, redact }: SuitesInPods,
  results: SuiteResult[],
  startedAt: Date,
): Promise<SuiteResult[]> {
  const isRed = (suite: SuiteResult) => suite.tests.some(({ status }) => status === 'failed' || status === 'errored');
  if (!results.some(isRed)) return results;
  try {
    const lines = await applicationLines(stage.kubernetes, namespace, startedAt, stage.now());
    return results.map((suite) => (isRed(suite) ? withApplicationLog(suite, lines, redact) : suite));
  } catch (error) {
    // The verdict stands without it.
    stage.log.warn({ run: recorder.run.id, error: explain(error) }, 'reading what the application logged');
    return results;
  }
}
