import { z } from 'zod';
import type { PlannedSuite } from './planned-suite.ts';

/** One request of a smoke list, as the runner takes it (`runner/task.ts` has the same shape). */
export interface SmokeCheck {
  name: string;
  line: number | null;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | null;
  timeoutMs: number;
  expect: {
    status: number[];
    headers: Record<string, string>;
    json?: unknown;
    contains: string[];
    withinMs: number | null;
  };
}

/** `task.json`: what a suite pod is asked to do (`runner/task.ts` has the same shape). */
export interface SuiteTask {
  suite: string;
  kind: 'smoke' | 'e2e' | 'load';
  path: string;
  baseUrl: string;
  run: string;
  seed: string;
  env: Record<string, string>;
  retries: number;
  timeoutMs: number;
  shards: number;
  workers: number;
  checks: SmokeCheck[];
  install: { folder: string; proxy: string } | null;
  playwright: string | null;
}

/** Epoch milliseconds that a `Date` can hold: a change's own image may write any number. */
const instant = z.number().min(0).max(8_640_000_000_000_000);

/** The last word of a pod's wrapper: `finished.json` and the last line of its log. */
export const Finished = z.object({
  outcome: z.enum(['completed', 'timed-out', 'cancelled', 'broken']),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  startedAt: instant.nullable(),
  finishedAt: instant,
  problem: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  outputTail: z.string(),
  outOfMemory: z.boolean(),
});
export type Finished = z.infer<typeof Finished>;

export interface TaskContext {
  baseUrl: string;
  runId: string;
  seed: string;
  /** Where the suite lies inside `in/`. */
  path: string;
  checks: SmokeCheck[];
}

/** PURE. DESIGN, "Suites receive". */
export function suiteTask({ config, timeoutMs, packages }: PlannedSuite, context: TaskContext): SuiteTask {
  const { install, playwright } = packages;
  return {
    suite: config.name,
    kind: config.kind,
    path: context.path,
    baseUrl: context.baseUrl,
    run: context.runId,
    seed: context.seed,
    env: config.env,
    retries: config.retries,
    timeoutMs,
    shards: config.shards,
    workers: workersOf(config.resources?.cpu),
    checks: context.checks,
    install: install && { folder: install.folder, proxy: install.proxy.address },
    playwright,
  };
}

/** One worker per CPU that was asked for: more than that is slower. */
function workersOf(cpu: string | undefined): number {
  if (!cpu) return 1;
  const cores = cpu.endsWith('m') ? Number(cpu.slice(0, -1)) / 1000 : Number(cpu);
  return Math.max(1, Math.floor(cores));
}
