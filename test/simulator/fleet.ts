import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { escapes } from './escapes.ts';
import type { WorldReport, WorldTask } from './world-task.ts';

export interface FleetOptions {
  workers: number;
  /** Its name, or null for the core as it is. */
  mutant: string | null;
  /** The next world; null: no more. */
  next: () => WorldTask | null;
  onReport: (report: WorldReport) => void;
  signal: AbortSignal;
}

/** Of the real clock: a world that takes longer turns in circles. */
const worldDeadlineMs = 600_000;
const shrinkDeadlineMs = 1_800_000;
/** Two of them stay below 1 GiB. */
const memory = ['--max-old-space-size=280', '--max-semi-space-size=32', '--no-warnings'];
/** Every `abort` makes an error that nobody reads: writing its stack down takes a tenth of the time. */
const flags = [...memory, '--stack-trace-limit=0'];

/** Plays worlds in so many processes of their own, each one world at a time. */
export async function runFleet(options: FleetOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.workers }, () => runWorker(options)));
}

async function runWorker({ mutant, next, onReport, signal }: FleetOptions): Promise<void> {
  let child: ChildProcess | null = null;
  try {
    for (let task = next(); task !== null && !signal.aborted; task = next()) {
      child ??= await startWorker(mutant, signal);
      const report = await play(child, task, signal);
      onReport(report);
      if (!child.connected) child = null;
    }
  } finally {
    child?.kill('SIGKILL');
  }
}

/** @throws when it cannot be started, such as for a mutant whose text is gone */
async function startWorker(mutant: string | null, signal: AbortSignal): Promise<ChildProcess> {
  signal.throwIfAborted();
  const child = fork(join(import.meta.dirname, 'worker.ts'), mutant === null ? [] : [mutant], {
    execArgv: flags,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const said: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
  const started = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (started[0] === 'ready') return child;
  throw new Error(`starting a worker${mutant === null ? '' : ` for "${mutant}"`}: ${Buffer.concat(said).toString()}`);
}

async function play(child: ChildProcess, task: WorldTask, signal: AbortSignal): Promise<WorldReport> {
  const ended = new AbortController();
  const deadlineMs = task.shrinkTries > 0 ? shrinkDeadlineMs : worldDeadlineMs;
  const late = AbortSignal.timeout(deadlineMs);
  const kill = () => child.kill('SIGKILL');
  late.addEventListener('abort', kill);
  signal.addEventListener('abort', kill, { once: true });
  try {
    child.send(task);
    const until = { signal: ended.signal };
    const [report, how] = await Promise.race([once(child, 'message', until), once(child, 'exit', until)]);
    if (typeof report === 'object' && report !== null) return report as WorldReport;
    child.disconnect?.();
    const why = late.aborted ? `it did not end within ${deadlineMs} ms` : `its process ended (${report ?? how})`;
    return broken(task, why);
  } finally {
    ended.abort();
    late.removeEventListener('abort', kill);
    signal.removeEventListener('abort', kill);
  }
}

function broken(task: WorldTask, detail: string): WorldReport {
  const violations = [{ invariant: escapes, atMs: 0, subject: 'the process', detail }];
  return { task, violations, virtualMs: 0, cpuMs: 0, peakBytes: 0, smallest: null };
}
