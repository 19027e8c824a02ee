import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ChildEnd } from './child.ts';
import { subsetDifference } from './subset-match.ts';
import type { PreparedSuite, SuiteContext } from './suite-kind.ts';
import type { SmokeCheck } from './task.ts';
import { writeWhole } from './work-folder.ts';

export interface SmokeAttempt {
  status: 'passed' | 'failed' | 'errored';
  startedAt: string;
  durationMs: number;
  message?: string;
}

/** One check in `smoke.json`. */
export interface SmokeOutcome {
  name: string;
  line: number | null;
  attempts: SmokeAttempt[];
}

const concurrency = 8;
const bodyBytes = 2 * 1024 * 1024;

/** Sends the requests of a smoke list, eight at a time, and holds each answer against what it must be. */
export async function prepareSmoke(context: SuiteContext): Promise<PreparedSuite> {
  await warmFetch();
  const never = new Promise<never>(() => undefined);
  return { ended: never, abandon: async () => undefined, run: (signal) => runSmoke(context, signal) };
}

/** Node loads its HTTP client at the first request: that one goes to ourselves, before `go`. */
async function warmFetch(): Promise<void> {
  const server = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } }).then((answer) => answer.text());
  server.close();
}

async function runSmoke(context: SuiteContext, signal: AbortSignal): Promise<ChildEnd> {
  const { task, shard, log } = context;
  const checks = task.checks.filter((_, index) => index % task.shards === shard);
  const outcomes: SmokeOutcome[] = [];
  let failed = 0;
  const queue = checks.values();
  const work = async () => {
    for (const check of queue) {
      const outcome = await perform(check, context, signal);
      if (!outcome) return;
      outcomes.push(outcome);
      const last = outcome.attempts.at(-1);
      if (last?.status !== 'passed') failed += 1;
      log.say({ kind: 'progress', done: outcomes.length, total: checks.length, failed });
    }
  };
  log.say({ kind: 'progress', done: 0, total: checks.length, failed: 0 });
  await Promise.all(Array.from({ length: concurrency }, work));
  writeWhole(join(context.work.outputs, 'smoke.json'), JSON.stringify({ total: checks.length, outcomes }));
  return { exitCode: failed > 0 ? 1 : 0, signal: null };
}

/** @returns null when the suite was interrupted: a request cut off by us says nothing about the application */
async function perform(check: SmokeCheck, context: SuiteContext, signal: AbortSignal): Promise<SmokeOutcome | null> {
  const attempts: SmokeAttempt[] = [];
  for (let retry = 0; retry <= context.task.retries; retry++) {
    const attempt = await attemptCheck(check, context.task.baseUrl, signal);
    if (signal.aborted) return attempts.length > 0 ? { name: check.name, line: check.line, attempts } : null;
    attempts.push(attempt);
    context.log.say({
      kind: 'test',
      name: check.name,
      status: attempt.status,
      durationMs: attempt.durationMs,
      retry,
      ...(attempt.message ? { message: attempt.message.slice(0, 500) } : {}),
    });
    if (attempt.status === 'passed') break;
  }
  return { name: check.name, line: check.line, attempts };
}

async function attemptCheck(check: SmokeCheck, baseUrl: string, signal: AbortSignal): Promise<SmokeAttempt> {
  const startedAt = new Date().toISOString();
  const start = performance.now();
  const end = (status: SmokeAttempt['status'], message?: string): SmokeAttempt => {
    const durationMs = Math.round((performance.now() - start) * 10) / 10;
    return { status, startedAt, durationMs, ...(message ? { message } : {}) };
  };
  try {
    const answer = await fetch(new URL(check.path, baseUrl), {
      method: check.method,
      headers: check.headers,
      body: check.body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(check.timeoutMs)]),
    });
    const body = await readBounded(answer);
    const reasons = differences(check, answer, body, performance.now() - start);
    return reasons.length === 0 ? end('passed') : end('failed', reasons.join('\n'));
  } catch (error) {
    return end('errored', `${check.method} ${check.path}: ${causeOf(error)}`);
  }
}

async function readBounded(answer: Response): Promise<string> {
  if (!answer.body) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.length;
    if (bytes > bodyBytes) throw new Error(`the answer has more than ${bodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function differences(check: SmokeCheck, answer: Response, body: string, elapsedMs: number): string[] {
  const { expect } = check;
  const reasons: string[] = [];
  const statusFits = expect.status.length === 0 ? answer.status < 400 : expect.status.includes(answer.status);
  const wanted = expect.status.length === 0 ? 'below 400' : expect.status.join(' or ');
  if (!statusFits) reasons.push(`status: expected ${wanted}, got ${answer.status} (${body.slice(0, 200)})`);
  for (const [name, value] of Object.entries(expect.headers)) {
    const actual = answer.headers.get(name);
    if (!actual?.toLowerCase().includes(value.toLowerCase()))
      reasons.push(`header ${name}: expected "${value}", got ${actual === null ? 'none' : `"${actual}"`}`);
  }
  if (expect.json !== undefined) reasons.push(...jsonDifference(expect.json, body));
  for (const text of expect.contains) {
    if (!body.includes(text)) reasons.push(`body: expected to contain "${text}", got "${body.slice(0, 200)}"`);
  }
  if (expect.withinMs !== null && elapsedMs > expect.withinMs)
    reasons.push(`latency: expected at most ${expect.withinMs} ms, took ${Math.round(elapsedMs)} ms`);
  return reasons;
}

function jsonDifference(expected: unknown, body: string): string[] {
  try {
    const difference = subsetDifference(expected, JSON.parse(body));
    return difference ? [`json ${difference}`] : [];
  } catch {
    return [`json: the body is not JSON: "${body.slice(0, 200)}"`];
  }
}

/** `fetch failed` says nothing; its cause does. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  return error.cause instanceof Error ? error.cause.message : error.message;
}
