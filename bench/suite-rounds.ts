import { join } from 'node:path';
import { environmentOutputs } from '../infra/environment-rooms.ts';
import { suitesNamespaceOf } from '../infra/environment-spec.ts';
import { collectSuites } from '../src/suites/collect-suites.ts';
import { type PreparedSuite, prepareSuites } from '../src/suites/prepare-suites.ts';
import { releaseSuites } from '../src/suites/release-suites.ts';
import type { SuiteResult } from '../src/suites/suite-result.ts';
import { type AccessLine, readAccessLog } from './access-log.ts';
import { openShop, type ShopEnvironment, shopDir } from './shop.ts';
import { type BenchStage, oncePerStage } from './stage.ts';

export interface SuiteRound {
  /** Milliseconds from `go` to the result, by suite, each alone. */
  alone: Record<string, number>;
  /** Milliseconds from one `go` for all to the last result. */
  together: number;
  /** When all were released: our clock, which is the pods' too. */
  goAt: number;
  access: AccessLine[];
}

/** Two figures read it. */
export const suiteRounds = oncePerStage(measure);

async function measure(stage: BenchStage): Promise<SuiteRound[]> {
  const newEnvironment = await openShop(stage);
  const rounds: SuiteRound[] = [];
  for (let round = 0; round < stage.rounds; round++) {
    const alone = await inEnvironment(stage, await newEnvironment(), async (prepared) => {
      const times: Record<string, number> = {};
      for (const one of prepared) times[one.suite.config.name] = await run(stage, [one]);
      return times;
    });
    const all = await inEnvironment(stage, await newEnvironment(), async (prepared, environment) => {
      const goAt = Date.now();
      const together = await run(stage, prepared);
      return { together, goAt, access: await readAccessLog(stage, environment.spec.name, 'web') };
    });
    rounds.push({ alone, ...all });
    stage.say(`suites, round ${round + 1}: ${JSON.stringify({ alone, together: all.together })}`);
  }
  return rounds;
}

/** Warm pods beside an application that answers, as a run has them at `go`. */
async function inEnvironment<T>(
  stage: BenchStage,
  environment: ShopEnvironment,
  work: (prepared: PreparedSuite[], environment: ShopEnvironment) => Promise<T>,
): Promise<T> {
  const { spec, suites } = environment;
  const { kubernetes } = await stage.machine();
  try {
    const preparing = prepareSuites({
      kubernetes,
      namespace: suitesNamespaceOf(spec.name),
      suites,
      repositoryDir: shopDir,
      baseUrl: environmentOutputs(spec).url,
      runId: spec.owner.runId,
      seed: 'bench',
      onProgress: () => undefined,
      signal: stage.signal,
    });
    await environment.provision();
    return await work(await preparing, environment);
  } finally {
    await environment.tearDown();
  }
}

async function run({ folder, signal }: BenchStage, prepared: PreparedSuite[]): Promise<number> {
  const now = () => new Date();
  const begun = performance.now();
  const released = await releaseSuites(prepared, now);
  const artifactsDir = join(folder, 'artifacts', crypto.randomUUID());
  const results = await collectSuites({ released, runId: 'bench', artifactsDir, signal, now });
  const ms = performance.now() - begun;
  for (const result of results) assertPassed(result);
  return ms;
}

/** A suite that broke early would look fast. */
function assertPassed({ name, status, reason, failure }: SuiteResult): void {
  if (status !== 'passed') throw new Error(`suite "${name}" ended "${status}": ${failure?.message ?? reason ?? ''}`);
}
