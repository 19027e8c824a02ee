import { escapes } from './escapes.ts';
import { runFleet } from './fleet.ts';
import { invariants } from './invariants/invariants.ts';
import { lifecyclesOfWorld } from './story/stories.ts';
import type { WorldReport, WorldTask } from './world-task.ts';

export interface Wanted {
  seed: number;
  /** Of these worlds of the seed. */
  worlds: readonly number[];
  workers: number;
  signal: AbortSignal;
  onProgress?: (totals: Totals) => void;
}

export interface Totals {
  lifecycles: number;
  seconds: number;
  cpuMs: number;
  virtualMs: number;
  /** Of one process, at most. */
  peakBytes: number;
  /** By invariant: in how many worlds, and how often. */
  broken: ReadonlyMap<string, { worlds: number; violations: number }>;
  failures: readonly WorldReport[];
}

/** Plays these worlds, and sums up. */
export async function runSimulation(wanted: Wanted): Promise<Totals> {
  const { seed, worlds, workers, signal, onProgress } = wanted;
  const started = performance.now();
  const broken = new Map<string, { worlds: number; violations: number }>();
  const failures: WorldReport[] = [];
  let totals: Totals = { lifecycles: 0, seconds: 0, cpuMs: 0, virtualMs: 0, peakBytes: 0, broken, failures };
  const left = [...worlds];
  const onReport = (report: WorldReport) => {
    if (report.violations.length > 0) failures.push(report);
    for (const [name, some] of Map.groupBy(report.violations, ({ invariant }) => invariant)) {
      const sum = broken.get(name) ?? { worlds: 0, violations: 0 };
      broken.set(name, { worlds: sum.worlds + 1, violations: sum.violations + some.length });
    }
    totals = {
      ...totals,
      lifecycles: totals.lifecycles + report.task.lifecycles,
      seconds: (performance.now() - started) / 1_000,
      cpuMs: totals.cpuMs + report.cpuMs,
      virtualMs: totals.virtualMs + report.virtualMs,
      peakBytes: Math.max(totals.peakBytes, report.peakBytes),
    };
    onProgress?.(totals);
  };
  const next = () => {
    const index = left.shift();
    return index === undefined ? null : taskOf(seed, index);
  };
  await runFleet({ workers, mutant: null, next, onReport, signal });
  failures.sort((one, other) => one.task.index - other.task.index);
  return totals;
}

export function taskOf(seed: number, index: number, more: Partial<WorldTask> = {}): WorldTask {
  return { seed, index, lifecycles: lifecyclesOfWorld, stopAtFirst: false, shrinkTries: 0, ...more };
}

/** Of every invariant how often it was broken. */
export function tableOf({ broken }: Pick<Totals, 'broken'>): string {
  const rows = [
    ...invariants.map(({ name, promise, checked }) => ({ name, promise, checked })),
    {
      name: escapes,
      promise: 'nothing is thrown that nobody catches, and every world ends',
      checked: 'after every step',
    },
  ];
  const width = (of: (row: (typeof rows)[number]) => string) => Math.max(...rows.map((row) => of(row).length));
  const [names, promises, whens] = [width((row) => row.name), width((row) => row.promise), width((row) => row.checked)];
  return rows
    .map(({ name, promise, checked }) => {
      const { worlds, violations } = broken.get(name) ?? { worlds: 0, violations: 0 };
      const count = violations === 0 ? '0' : `${violations} in ${worlds} worlds`;
      return `| ${name.padEnd(names)} | ${promise.padEnd(promises)} | ${checked.padEnd(whens)} | ${count.padStart(4)} |`;
    })
    .join('\n');
}
