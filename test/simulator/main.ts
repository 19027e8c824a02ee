import { exit } from 'node:process';
import { parseArgs } from 'node:util';
import { explain } from '../../src/errors.ts';
import { exitCodes } from '../../src/exit-codes.ts';
import { type Host, realHost } from '../../src/host.ts';
import { runFleet } from './fleet.ts';
import { type Caught, huntMutants } from './hunt-mutants.ts';
import { mutants } from './mutants/mutants.ts';
import { replayCommand, showFailure, violationLines } from './show-failure.ts';
import { runSimulation, type Totals, tableOf, taskOf } from './simulation-run.ts';
import { lifecyclesOfWorld, storyOf } from './story/stories.ts';
import { instant, tellStory } from './story/tell-story.ts';
import type { World } from './world/world.ts';
import { seedOfWorld, type WorldReport } from './world-task.ts';

const usage = `Usage: npm run simulate -- [--seed N] [--changes N] [options]
  --seed N           decides everything; default 1
  --seed-list A,B,C  the same for each of these seeds
  --changes N        lifecycles of each seed; default 10000, in worlds of ${lifecyclesOfWorld}
  --world I          only this world of the seed
  --verbose          with --world: its whole history, and what the replicas log
  --shrink N         look for the smallest failing story in at most N plays; default 120, 0: not at all
  --mutants          whether the invariants notice each mutant of the core, within --changes lifecycles (default 3000)
  --mutant NAME      only this mutant (repeatable)
  --workers N        processes; default 2`;

const options = {
  seed: { type: 'string', default: '1' },
  'seed-list': { type: 'string' },
  changes: { type: 'string' },
  world: { type: 'string' },
  verbose: { type: 'boolean', default: false },
  shrink: { type: 'string', default: '120' },
  mutants: { type: 'boolean', default: false },
  mutant: { type: 'string', multiple: true, default: [] as string[] },
  workers: { type: 'string', default: '2' },
} as const;

interface Wishes {
  seeds: number[];
  changes: number | null;
  world: number | null;
  verbose: boolean;
  shrinkTries: number;
  mutants: string[] | null;
  workers: number;
}

/** Null where they cannot be understood. */
function wishesOf(args: string[]): Wishes | null {
  const { values } = parseArgs({ args, options });
  const seeds = (values['seed-list'] ?? values.seed).split(',').map(Number);
  const [changes, world] = [values.changes, values.world].map((value) => (value === undefined ? null : Number(value)));
  const [shrinkTries = 0, workers = 0] = [Number(values.shrink), Number(values.workers)];
  const isCount = (value: number | null | undefined) => value == null || (Number.isSafeInteger(value) && value >= 0);
  const unknown = values.mutant.filter((name) => !mutants.some((mutant) => mutant.name === name));
  if (![...seeds, changes, world, shrinkTries].every(isCount) || !(workers >= 1) || unknown.length > 0) return null;
  const chosen = values.mutant.length > 0 ? values.mutant : mutants.map(({ name }) => name);
  const hunted = values.mutants || values.mutant.length > 0 ? chosen : null;
  const { verbose } = values;
  return { seeds, changes: changes ?? null, world: world ?? null, verbose, shrinkTries, mutants: hunted, workers };
}

/** 0: no invariant was broken (or every mutant was caught), 1: one was, 2: what is asked for cannot be understood, 3: could not simulate. */
async function runMain(host: Host): Promise<number> {
  const wishes = readWishes(host);
  if (wishes === null) {
    host.stderr.write(`${usage}\n`);
    return exitCodes.fixInput;
  }
  try {
    if (wishes.mutants !== null) return await hunt(host, wishes, wishes.mutants);
    if (wishes.verbose && wishes.world !== null) return await tellWorld(host, wishes.seeds[0] ?? 1, wishes.world);
    let isBroken = false;
    for (const seed of wishes.seeds) isBroken = (await simulateSeed(host, wishes, seed)) || isBroken;
    return isBroken ? exitCodes.failed : exitCodes.passed;
  } catch (error) {
    host.stderr.write(`${explain(error)}\n`);
    return host.shutdown.aborted ? exitCodes.interrupted : exitCodes.couldNotTest;
  }
}

function readWishes({ argv, stderr }: Host): Wishes | null {
  try {
    return wishesOf(argv);
  } catch (error) {
    stderr.write(`${explain(error)}\n`);
    return null;
  }
}

/** One world in this very process, line by line. */
async function tellWorld({ stdout }: Host, seed: number, index: number): Promise<number> {
  const { simulate } = await import('./simulate.ts');
  const of = seedOfWorld({ seed, index });
  const lines: string[] = [];
  let told = 0;
  const tellHistory = (world: World) => {
    for (const { atMs, owner, kind, index: _, ...more } of world.history.entries.slice(told)) {
      lines.push(`${instant(atMs)}  ${owner} ${kind} ${JSON.stringify(more)}`);
    }
    told = world.history.entries.length;
  };
  const onLog = (replica: string, line: string) => lines.push(`             ${replica} logs ${line}`);
  const { violations } = await simulate({
    story: storyOf(of),
    seed: of,
    onLog: (replica, line, world) => {
      tellHistory(world);
      onLog(replica, line);
    },
    look: tellHistory,
  });
  stdout.write(`${[...tellStory(storyOf(of)), '', ...lines, '', ...violationLines(violations)].join('\n')}\n`);
  return violations.length === 0 ? exitCodes.passed : exitCodes.failed;
}

/** @returns whether anything was broken */
async function simulateSeed(
  host: Host,
  { changes, world, shrinkTries, workers }: Wishes,
  seed: number,
): Promise<boolean> {
  const count = Math.ceil((changes ?? 10_000) / lifecyclesOfWorld);
  const worlds = world === null ? Array.from({ length: count }, (_, index) => index) : [world];
  const every = progressOf(host, worlds.length * lifecyclesOfWorld);
  host.stderr.write(`seed ${seed}: ${worlds.length * lifecyclesOfWorld} lifecycles in ${worlds.length} worlds\n`);
  const totals = await runSimulation({ seed, worlds, workers, signal: host.shutdown, onProgress: every });
  host.shutdown.throwIfAborted();
  for (const failure of await smallestOf(totals, shrinkTries, host.shutdown)) {
    host.stdout.write(`\n${showFailure(failure)}\n`);
  }
  const { lifecycles, seconds, peakBytes, virtualMs } = totals;
  const [pace, hours, mib] = [lifecycles / seconds, virtualMs / 3_600_000, peakBytes / 2 ** 20];
  host.stdout.write(`\n${tableOf(totals)}\n`);
  host.stdout.write(
    `seed ${seed}: ${lifecycles} lifecycles in ${seconds.toFixed(0)} s (${pace.toFixed(1)} a second, ${hours.toFixed(0)} hours of virtual time), at most ${mib.toFixed(0)} MiB in each of ${workers} processes; ${totals.failures.length} worlds broken\n`,
  );
  return totals.failures.length > 0;
}

const shownFailures = 5;
const progressEveryMs = 5_000;

function progressOf({ stderr }: Host, all: number): (totals: Totals) => void {
  let toldAt = performance.now();
  let toldFailures = 0;
  return ({ lifecycles, seconds, failures }) => {
    for (const { task, violations } of failures.slice(toldFailures)) {
      stderr.write(`  world ${task.index} is broken (${replayCommand(task)}): ${violationLines(violations)[0]}\n`);
    }
    toldFailures = failures.length;
    if (performance.now() - toldAt < progressEveryMs) return;
    toldAt = performance.now();
    const pace = (lifecycles / seconds).toFixed(1);
    stderr.write(`  ${lifecycles} of ${all} lifecycles, ${pace} a second, ${failures.length} worlds broken\n`);
  };
}

/** One failing world of each invariant, with the smallest story that breaks the same. */
async function smallestOf({ failures }: Totals, shrinkTries: number, signal: AbortSignal): Promise<WorldReport[]> {
  const byInvariant = new Map(failures.toReversed().map((failure) => [failure.violations[0]?.invariant, failure]));
  const shown = [...byInvariant.values()].slice(0, shownFailures);
  if (shrinkTries === 0) return shown;
  const left = shown.map(({ task }) => taskOf(task.seed, task.index, { shrinkTries }));
  const reports: WorldReport[] = [];
  const onReport = (report: WorldReport) => reports.push(report);
  await runFleet({ workers: 2, mutant: null, next: () => left.shift() ?? null, onReport, signal });
  return reports;
}

async function hunt(host: Host, { seeds, changes, workers }: Wishes, names: string[]): Promise<number> {
  const caught = await huntMutants({
    seed: seeds[0] ?? 1,
    mutants: mutants.filter(({ name }) => names.includes(name)),
    mostLifecycles: changes ?? 3_000,
    workers,
    signal: host.shutdown,
    onCaught: (one) => host.stdout.write(`${mutantLine(one)}\n`),
  });
  host.shutdown.throwIfAborted();
  const alive = caught.filter(({ by }) => by === null);
  host.stdout.write(`${caught.length - alive.length} of ${caught.length} mutants caught\n`);
  return alive.length === 0 ? exitCodes.passed : exitCodes.failed;
}

function mutantLine({ mutant, by, lifecycles }: Caught): string {
  const name = mutant.name.padEnd(Math.max(...mutants.map((one) => one.name.length)));
  const how = by === null ? `ALIVE after ${lifecycles} lifecycles` : `${by.invariant} within ${lifecycles} lifecycles`;
  const what = by === null ? '' : `\n    ${by.subject}: ${by.detail}`;
  return `${name}  ${how.padEnd(52)}  ${mutant.slip}${what}`;
}

exit(await runMain(realHost()));
