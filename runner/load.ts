import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Child, type ChildEnd } from './child.ts';
import { type FoldedSamples, SampleFolder } from './load-samples.ts';
import { type LoadThreshold, parseSelector, thresholdsOf } from './load-thresholds.ts';
import { childEnvironment, type PreparedSuite, type SuiteContext } from './suite-kind.ts';
import { BrokenSuite } from './task.ts';
import { writeWhole } from './work-folder.ts';

/** `load.json`: one shard's measurement. */
export interface LoadShard extends FoldedSamples {
  thresholds: LoadThreshold[];
}

const apiAddress = '127.0.0.1:6565';
const statusUrl = `http://${apiAddress}/v1/status`;
/** k6's ExecutionStatusPausedBeforeRun: every VU is initialised. */
const heldStatus = 4;
/** Iterations that never ran are part of a measurement's validity, whatever the thresholds ask. */
const alwaysFolded = ['http_req_failed', 'dropped_iterations', 'iterations', 'checks'];

/** Starts k6 held by its own API on loopback, VUs initialised, so that `go` costs one local request. */
export async function prepareLoad(context: SuiteContext): Promise<PreparedSuite> {
  const script = join(context.work.inputs, context.task.path);
  if (!existsSync(script)) throw new BrokenSuite('SUITE_FILE_MISSING', `"${context.task.path}" is not there`, '');
  const env = k6Environment(context);
  const thresholds = await inspect(context, script, env);
  const selectors = [...new Set([...thresholds.map((one) => one.selector), ...alwaysFolded])].map(parseSelector);
  const folder = new SampleFolder(selectors);
  const lines = new LineReader((line) => {
    if (!folder.add(line)) context.output.add('stdout', `${line}\n`);
  });
  const cwd = join(context.work.outputs, 'files');
  mkdirSync(cwd, { recursive: true });
  const child = new Child({
    command: context.tools.k6,
    args: k6Arguments(context, script),
    cwd,
    env,
    onStdout: (chunk) => lines.add(chunk),
    onStderr: (chunk) => context.output.add('stderr', chunk),
  });
  await untilHeld(child);
  return {
    ended: child.ended,
    abandon: () => child.interrupt(1000),
    run: (signal) => runLoad(context, child, signal, { folder, lines, thresholds }),
  };
}

interface Measurement {
  folder: SampleFolder;
  lines: LineReader;
  thresholds: LoadThreshold[];
}

async function runLoad(
  context: SuiteContext,
  child: Child,
  signal: AbortSignal,
  { folder, lines, thresholds }: Measurement,
): Promise<ChildEnd> {
  const { log, work } = context;
  const interrupt = () => void child.interruptFor(signal);
  signal.addEventListener('abort', interrupt, { once: true });
  if (signal.aborted) interrupt();
  // Ended before `go`: its exit code and output tell why.
  else await resume().catch(() => undefined);
  const ticker = setInterval(
    () => log.say({ kind: 'progress', done: folder.requests, total: 0, failed: folder.errors }),
    1000,
  );
  const end = await child.ended;
  clearInterval(ticker);
  signal.removeEventListener('abort', interrupt);
  lines.end();
  log.say({ kind: 'progress', done: folder.requests, total: folder.requests, failed: folder.errors });
  const shard: LoadShard = { ...folder.finish(), thresholds };
  writeWhole(join(work.outputs, 'load.json'), JSON.stringify(shard));
  return end;
}

function k6Environment(context: SuiteContext): Record<string, string> {
  return {
    ...childEnvironment(context),
    K6_NO_USAGE_REPORT: 'true',
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
    K6_WEB_DASHBOARD: 'true',
    K6_WEB_DASHBOARD_PORT: '-1',
    K6_WEB_DASHBOARD_PERIOD: '1s',
    K6_WEB_DASHBOARD_EXPORT: join(context.work.outputs, 'dashboard.html'),
  };
}

function k6Arguments(context: SuiteContext, script: string): string[] {
  const summary = join(context.work.outputs, 'summary.json');
  const trends = 'avg,min,med,max,p(90),p(95),p(99),count';
  return [
    ...['run', '--quiet', '--no-color', '--paused', '--address', apiAddress, '--out', 'json=-'],
    ...['--summary-mode', 'compact', '--summary-export', summary, '--summary-trend-stats', trends],
    ...segmentArguments(context.shard, context.task.shards),
    script,
  ];
}

/** Splits VUs, iterations and arrival rates over the shards without a coordinator. */
export function segmentArguments(shard: number, shards: number): string[] {
  if (shards === 1) return [];
  const edge = (index: number) => (index === 0 ? '0' : index === shards ? '1' : `${index}/${shards}`);
  const sequence = Array.from({ length: shards + 1 }, (_, index) => edge(index)).join(',');
  return ['--execution-segment', `${edge(shard)}:${edge(shard + 1)}`, '--execution-segment-sequence', sequence];
}

/** Runs the script's init code once: a broken one is known before any `go`, and its thresholds are too. */
async function inspect(context: SuiteContext, script: string, env: Record<string, string>): Promise<LoadThreshold[]> {
  try {
    const options = { cwd: dirname(script), env, timeout: 60_000, maxBuffer: 16 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(context.tools.k6, ['inspect', '--no-color', script], options);
    return thresholdsOf(JSON.parse(stdout));
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    context.output.add('stderr', stderr ?? message);
    throw new BrokenSuite(
      'LOAD_SCRIPT_BROKEN',
      (stderr || message).trim().slice(0, 2000),
      `Run \`k6 inspect ${context.task.path}\`: the script's init code must work without the application.`,
    );
  }
}

async function untilHeld(child: Child): Promise<void> {
  let over = false;
  const note = () => {
    over = true;
  };
  child.ended.then(note, note);
  for (let attempt = 0; attempt < 1200 && !over; attempt++) {
    if ((await heldNow().catch(() => 0)) === heldStatus) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function heldNow(): Promise<number> {
  const answer = await fetch(statusUrl, { signal: AbortSignal.timeout(2000) });
  const { data } = (await answer.json()) as { data: { attributes: { status: number } } };
  return data.attributes.status;
}

async function resume(): Promise<void> {
  const body = JSON.stringify({ data: { type: 'status', id: 'default', attributes: { paused: false } } });
  await fetch(statusUrl, { method: 'PATCH', body, signal: AbortSignal.timeout(10_000) });
}

/** Cuts a stream into lines. */
class LineReader {
  #rest = '';
  #decoder = new TextDecoder();
  #each: (line: string) => void;

  constructor(each: (line: string) => void) {
    this.#each = each;
  }

  add(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, 1_000_000);
    for (const line of lines) this.#each(line);
  }

  end(): void {
    if (this.#rest) this.#each(this.#rest);
    this.#rest = '';
  }
}
