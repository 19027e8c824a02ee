import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { suitesNamespaceOf } from '../../../infra/environment-spec.ts';
import { durationMs } from '../../../src/config/duration.ts';
import type { SuitesAtHand } from '../../../src/runner/acts.ts';
import { EndedEarly, type Performance } from '../../../src/runner/performance.ts';
import type { Plan } from '../../../src/runner/read-plan.ts';
import { isFinal, type SuiteResult } from '../../../src/suites/suite-result.ts';
import { type ActsStage, acting } from './acting.ts';
import { exchange, unless } from './exchange.ts';
import type { SuiteEnd, SuitePods } from './suite-pods.ts';

/** As `collect-suites.ts` has it: beyond the suite's own time, and after a cancellation. */
const slackMs = 60_000;
const cancelMs = 10_000;
const resultsWithinMs = 60_000;

/** A suite whose end is waited for, or was waited for in vain. */
type Outcome = SuiteEnd | { name: string; how: 'cancelled' | 'lost'; startedMs: number; endedMs: number };

/** The suites of a run in their pods. */
export function simulatedSuites(stage: ActsStage, performance: Performance, plan: Plan): SuitesAtHand {
  const { around, dice } = stage;
  const { recorder, lease, signal } = performance;
  const { run } = recorder;
  const names = plan.config.suites.map((suite) => suite.name);
  const pods = (): SuitePods | null =>
    around.cluster.namespaces.get(suitesNamespaceOf(run.environmentName))?.suites ?? null;
  const ask = (serve: () => void) => {
    const { latencyMs } = around.weather.cluster;
    const [thereMs, backMs] = [dice.within(latencyMs), 1];
    return exchange(around.clock, { server: 'cluster', thereMs, backMs, serve });
  };
  return {
    warm: () => acting(stage, 'warm', performance, () => sleep(dice.within([500, 3_000]), undefined, { signal })),
    go: () =>
      acting(stage, 'go', performance, async () => {
        await Promise.all(names.map((name) => ask(() => pods()?.release(name))));
      }),
    collect: (onResult) =>
      acting(stage, 'collect', performance, () => Promise.all(toCollect().map(collectInto(onResult)))),
    abandon: () => undefined,
  };

  /** What has a result in the row keeps it. */
  function toCollect(): SuiteResult[] {
    return recorder.run.document.suites.filter((suite) => names.includes(suite.name));
  }

  function collectInto(onResult: (suite: SuiteResult) => Promise<void>) {
    return async (suite: SuiteResult): Promise<SuiteResult> => {
      if (isFinal(suite)) return suite;
      const config = plan.config.suites.find(({ name }) => name === suite.name);
      const outcome = await outcomeOf(suite.name, durationMs(config?.timeout ?? '10m') + slackMs);
      if (outcome === 'left') return suite;
      const result = resultOf(suite, outcome);
      await lease.enough();
      await onResult(result);
      return result;
    };
  }

  /** `left`: it is the next player's. */
  async function outcomeOf(name: string, withinMs: number): Promise<Outcome | 'left'> {
    const startedMs = around.clock.nowMs;
    const ended = endOf(around.clock, pods(), name);
    const inTime = await waitFor(ended, AbortSignal.any([signal, AbortSignal.timeout(withinMs)]));
    if (inTime !== null) return (await areThereResults()) ? inTime : { ...inTime, how: 'lost' };
    if (signal.aborted && !(signal.reason instanceof EndedEarly)) return 'left';
    await ask(() => pods()?.cancel(name));
    await waitFor(ended, AbortSignal.timeout(cancelMs));
    return { name, how: signal.aborted ? 'cancelled' : 'lost', startedMs, endedMs: around.clock.nowMs };
  }

  /** Files are fetched through the API server, which may be away for a while. */
  async function areThereResults(): Promise<boolean> {
    const untilMs = around.clock.nowMs + resultsWithinMs;
    while (around.away.cluster > around.clock.nowMs && !signal.aborted) {
      if (around.clock.nowMs >= untilMs) return false;
      await sleep(2_000, undefined, { signal }).catch(() => undefined);
    }
    return true;
  }
}

async function waitFor(ended: Promise<SuiteEnd>, signal: AbortSignal): Promise<SuiteEnd | null> {
  if (signal.aborted) return null;
  return await unless(signal, ended).catch(() => null);
}

/** The end as an event of who waits for it now. */
function endOf(clock: ActsStage['around']['clock'], pods: SuitePods | null, name: string): Promise<SuiteEnd> {
  return new Promise((resolve) => {
    const asCaller = AsyncLocalStorage.snapshot();
    const lost: SuiteEnd = { name, how: 'lost', startedMs: clock.nowMs, endedMs: clock.nowMs };
    const tell = (end: SuiteEnd) => asCaller(() => clock.schedule(10, () => resolve(end)));
    if (pods === null) tell(lost);
    else pods.onEnd(name, tell);
  });
}

function resultOf(suite: SuiteResult, { how, startedMs, endedMs }: Outcome): SuiteResult {
  const begun = { ...suite, startedAt: instantOf(startedMs), durationMs: endedMs - startedMs };
  if (how === 'lost' || how === 'cancelled') {
    const failure = { class: 'infrastructure' as const, code: 'SUITE_LOST', message: `it was ${how}`, evidence: [] };
    return { ...begun, status: how === 'lost' ? 'errored' : 'cancelled', reason: failure.message, failure };
  }
  const status = how === 'red' ? 'failed' : 'passed';
  const { name, durationMs: lasted } = { name: `${suite.name} answers`, durationMs: endedMs - startedMs };
  const attempts = [{ status, durationMs: lasted } as const];
  const test = { id: name, name, file: null, line: null, project: null, status, durationMs: lasted, attempts } as const;
  return { ...begun, status, tests: [{ ...test, attempts: [...attempts] }] };
}

function instantOf(virtualMs: number): string {
  return new Date(Date.now() - (performance.now() - virtualMs)).toISOString();
}
