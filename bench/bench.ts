import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { exit } from 'node:process';
import { parseArgs } from 'node:util';
import { repositoryDir } from '../src/cli/open-machine.ts';
import { explain } from '../src/errors.ts';
import { exitCodes } from '../src/exit-codes.ts';
import { type Host, realHost } from '../src/host.ts';
import { measureCrowd } from './crowd.ts';
import { measureDeliveryLoad, measureDeliveryRate } from './delivery-rate.ts';
import { measureDemo } from './demo.ts';
import { measureEnvironmentReady } from './environment-ready.ts';
import { type Figure, type Row, tableOf } from './figure.ts';
import { measureFirstRequest } from './first-request.ts';
import { measureScheduling } from './scheduling.ts';
import { measureServeMemory } from './serve-memory.ts';
import { type BenchStage, openBenchStage } from './stage.ts';
import { measureSuitesInParallel } from './suites-in-parallel.ts';
import { measureTakeOver } from './take-over.ts';
import { measureTeardown } from './teardown.ts';
import { measureTransitions } from './transitions.ts';

const benches: Readonly<Record<string, (stage: BenchStage) => Promise<Figure[]>>> = {
  'environment-ready': measureEnvironmentReady,
  'suites-in-parallel': measureSuitesInParallel,
  'first-request': measureFirstRequest,
  teardown: measureTeardown,
  demo: measureDemo,
  'delivery-rate': measureDeliveryRate,
  'delivery-load': measureDeliveryLoad,
  'serve-memory': measureServeMemory,
  scheduling: measureScheduling,
  transitions: measureTransitions,
  'take-over': measureTakeOver,
  crowd: measureCrowd,
};

/** `npm run bench -- [--only NAME] [--rounds N]`: 0 when every target is met, 1 when one is missed, 3 when one could not be measured. */
async function runBench(host: Host): Promise<number> {
  const options = { only: { type: 'string', multiple: true }, rounds: { type: 'string', default: '3' } } as const;
  const { values } = parseArgs({ args: host.argv, options });
  const rounds = Number(values.rounds);
  const names = values.only ?? Object.keys(benches);
  const unknown = names.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
    host.stderr.write(
      `Usage: npm run bench -- [--only NAME]... [--rounds N]; names: ${Object.keys(benches).join(', ')}\n`,
    );
    return exitCodes.fixInput;
  }
  const startedAt = host.now().toISOString();
  const stage = await openBenchStage(host, rounds);
  const rows: Row[] = [];
  try {
    for (const name of names) {
      host.shutdown.throwIfAborted();
      rows.push(await measure(name, stage));
    }
  } finally {
    await stage.close();
  }
  host.stdout.write(`${tableOf(rows)}\n`);
  const machine = { processors: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30) };
  const folder = join(repositoryDir, 'bench', 'results');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${startedAt.replaceAll(':', '-')}.json`);
  await writeFile(file, `${JSON.stringify({ startedAt, machine, rounds, rows }, null, 2)}\n`);
  host.stderr.write(`written to ${file}\n`);
  if (rows.some((row) => row.problem !== null)) return exitCodes.couldNotTest;
  return rows.every((row) => row.figures.every((figure) => figure.ok)) ? exitCodes.passed : exitCodes.failed;
}

/** One that cannot be measured does not take the others with it. */
async function measure(bench: string, stage: BenchStage): Promise<Row> {
  stage.say(bench);
  try {
    const figures = (await benches[bench]?.(stage)) ?? [];
    return { bench, figures, problem: null, load: loadavg()[0] ?? 0 };
  } catch (error) {
    return { bench, figures: [], problem: explain(error), load: loadavg()[0] ?? 0 };
  }
}

exit(await runBench(realHost()));
