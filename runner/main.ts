/** The wrapper: PID 1 of a suite pod's main container. README, "Life of a pod". */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process, { env, execPath, exit, stdout, version } from 'node:process';
import { Cancelled, countMemoryKills } from './child.ts';
import { prepareE2e } from './e2e.ts';
import { prepareLoad } from './load.ts';
import { NumberedLog, OutputRecorder } from './numbered-log.ts';
import { prepareSmoke } from './smoke.ts';
import type { PreparedSuite, SuiteContext, Tools } from './suite-kind.ts';
import { BrokenSuite, type Finished, type Task } from './task.ts';
import { openWorkFolder, untilMarked, writeWhole } from './work-folder.ts';

const work = openWorkFolder(env.GREENROOM_WORK ?? '/work');
const shard = Number(env.JOB_COMPLETION_INDEX ?? '0');
const log = new NumberedLog((line) => stdout.write(line), join(work.outputs, 'events.ndjson'));
const output = new OutputRecorder(log);
const tools: Tools = {
  node: execPath,
  k6: env.GREENROOM_K6 ?? '/usr/bin/k6',
  chromium: env.GREENROOM_CHROMIUM ?? '/usr/lib/chromium/chromium',
  modules: env.GREENROOM_MODULES ?? '/greenroom/node_modules',
};

/** Aborted by the `cancel` mark and by SIGTERM. */
const cancelled = new AbortController();
const released = new AbortController();

function prepare(context: SuiteContext): Promise<PreparedSuite> {
  switch (context.task.kind) {
    case 'smoke':
      return prepareSmoke(context);
    case 'e2e':
      return prepareE2e(context);
    case 'load':
      return prepareLoad(context);
    default:
      return context.task.kind satisfies never;
  }
}

type End = Pick<Finished, 'outcome' | 'exitCode' | 'signal' | 'startedAt' | 'problem'>;
const unstarted = { exitCode: null, signal: null, startedAt: null, problem: null };

async function perform(): Promise<End> {
  await untilMarked(work.root, 'task.json', cancelled.signal);
  const begun = performance.now();
  const task = JSON.parse(readFileSync(join(work.root, 'task.json'), 'utf8')) as Task;
  const suite = await prepare({ task, shard, work, tools, log, output, cancelled: cancelled.signal });
  try {
    log.say({ kind: 'warm', afterMs: Math.round(performance.now() - begun) });
    await Promise.race([untilMarked(work.root, 'go', cancelled.signal), suite.ended]);
    cancelled.signal.throwIfAborted();
    return await run(suite, task);
  } finally {
    await suite.abandon();
  }
}

async function run(suite: PreparedSuite, task: Task): Promise<End> {
  const startedAt = Date.now();
  log.say({ kind: 'started' });
  const overTime = new AbortController();
  const timer = setTimeout(() => overTime.abort(), task.timeoutMs);
  const end = await suite.run(AbortSignal.any([overTime.signal, cancelled.signal]));
  clearTimeout(timer);
  const interrupted = overTime.signal.aborted ? 'timed-out' : 'completed';
  return { ...end, outcome: cancelled.signal.aborted ? 'cancelled' : interrupted, startedAt, problem: null };
}

function whatWentWrong(error: unknown): End {
  if (cancelled.signal.aborted) return { ...unstarted, outcome: 'cancelled' };
  const problem =
    error instanceof BrokenSuite
      ? { code: error.code, message: error.message, hint: error.hint }
      : {
          code: 'RUNNER_BROKEN',
          message: error instanceof Error ? (error.stack ?? error.message) : String(error),
          hint: '',
        };
  return { ...unstarted, outcome: 'broken', problem };
}

process.on('SIGTERM', () => cancelled.abort(new Error('terminated')));
untilMarked(work.root, 'cancel', released.signal).then(
  () => cancelled.abort(new Cancelled('nobody waits for this suite any more')),
  () => undefined,
);
log.say({ kind: 'hello', suite: env.SUITE_NAME ?? '', shard, node: version });
const memoryKills = countMemoryKills();
const end = await perform().catch(whatWentWrong);
output.flush();
const finished: Finished = {
  ...end,
  finishedAt: Date.now(),
  outputTail: output.tail,
  outOfMemory: countMemoryKills() > memoryKills,
};
writeWhole(join(work.outputs, 'finished.json'), JSON.stringify(finished));
log.say({ kind: 'finished', finished });
// The results must survive a take-over of Greenroom: the pod ends only when they are fetched.
const alive = setInterval(() => undefined, 60_000);
if (!env.GREENROOM_ALONE) await untilMarked(work.root, 'release', new AbortController().signal);
clearInterval(alive);
released.abort();
exit(0);
