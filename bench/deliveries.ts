import { fork } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, stderr, stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'hdr-histogram-js';
import { type Figure, figureOf } from './figure.ts';
import { residentMb } from './resident-memory.ts';

export interface DeliveriesOptions {
  /** Absent: PGlite in a temp folder. */
  databaseUrl?: string;
  perSecond?: number;
  seconds?: number;
  /** Of the 99th percentile; default 50. */
  mostMs?: number;
  /** Until every delivery is handled, after the last answer; default `seconds`. Ours, not a target from outside. */
  mostHandledSeconds?: number;
  /** Also whether the process grows, in MB from a third of the way to the end. */
  mostGrowthMb?: number;
  signal?: AbortSignal;
}

const secret = 'a secret for the benchmark';
const sockets = 64;

/**
 * A real service in a process of its own, deliveries at a fixed rate from this one (open model: a late answer never
 * delays the next request, and is counted from when it was due). Every id that was acknowledged is looked for in the store.
 */
export async function benchDeliveries(options: DeliveriesOptions = {}): Promise<{ figures: Figure[] }> {
  const { perSecond = 200, seconds = 30, mostMs = 50, mostHandledSeconds = seconds, mostGrowthMb } = options;
  const folder = await mkdtemp(join(tmpdir(), 'greenroom-bench-'));
  const place = options.databaseUrl === undefined ? { dataDir: folder } : { databaseUrl: options.databaseUrl };
  const file = fileURLToPath(new URL('./deliveries-service.ts', import.meta.url));
  // The nursery of the command (tools/bootstrap.mjs).
  const service = fork(file, [JSON.stringify({ place, secret })], { execArgv: ['--max-semi-space-size=8'] });
  try {
    const { port } = await message<{ port: number }>(service);
    await sleep(3_000, undefined, { signal: options.signal });
    let warmMb = 0;
    const warm = setTimeout(() => void residentMb(service.pid ?? 0).then((mb) => (warmMb = mb)), (seconds * 1_000) / 3);
    const { acknowledged, latency } = await fire(port, perSecond, seconds, options.signal);
    clearTimeout(warm);
    const grownMb = (await residentMb(service.pid ?? 0)) - warmMb;
    service.send('report');
    const { stored, handledAfterMs } = await message<{ stored: string[]; handledAfterMs: number }>(service);
    const kept = new Set(stored);
    const lost = acknowledged.filter((id) => !kept.has(id)).length;
    const engine = options.databaseUrl === undefined ? 'PGlite' : 'PostgreSQL';
    const figure = (name: string, unit: string, value: number, most: number) =>
      figureOf({ name: `${name}, ${perSecond}/s (${engine})`, unit, value, most });
    return {
      figures: [
        figure('delivery acknowledged, p50', 'ms', latency.getValueAtPercentile(50) / 1000, mostMs),
        figure('delivery acknowledged, p99', 'ms', latency.getValueAtPercentile(99) / 1000, mostMs),
        figure('deliveries refused or unanswered', '', perSecond * seconds - acknowledged.length, 0),
        figure('deliveries lost after their acknowledgement', '', lost, 0),
        figure('every delivery handled, after the last answer', 's', handledAfterMs / 1000, mostHandledSeconds),
        ...(mostGrowthMb === undefined
          ? []
          : [figure('resident memory grown in the last two thirds', 'MB', grownMb, mostGrowthMb)]),
      ],
    };
  } finally {
    if (service.exitCode === null) {
      const ended = once(service, 'exit');
      service.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  }
}

async function fire(port: number, perSecond: number, seconds: number, signal: AbortSignal | undefined) {
  const latency = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  await warmSender(signal);
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  await openConnections(agent, port);
  const acknowledged: string[] = [];
  const refusals = new Map<string, number>();
  const total = perSecond * seconds;
  const begun = performance.now();
  const waiting: Promise<void>[] = [];
  for (let sent = 0; sent < total; sent++) {
    const due = begun + (sent * 1000) / perSecond;
    while (performance.now() < due) await sleep(Math.max(1, due - performance.now()), undefined, { signal });
    const id = randomUUID();
    waiting.push(
      deliver(agent, port, id).then((answer) => {
        latency.recordValue(Math.max(1, Math.round((performance.now() - due) * 1000)));
        if (answer === '202') acknowledged.push(id);
        else refusals.set(answer, (refusals.get(answer) ?? 0) + 1);
      }),
    );
  }
  await Promise.all(waiting);
  agent.destroy();
  for (const [answer, count] of refusals) stderr.write(`${count} deliveries were answered with ${answer}\n`);
  return { acknowledged, latency };
}

/** About as large as GitHub's for a pull request. */
const body = JSON.stringify({ action: 'synchronize', number: 7, filler: 'x'.repeat(20_000) });
const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

/** The sender's own first steps are not what is measured: it takes them with a server that keeps nothing. */
async function warmSender(signal: AbortSignal | undefined): Promise<void> {
  const server = createServer((asked, answer) => asked.resume().on('end', () => answer.writeHead(202).end()));
  await once(server.listen(0, '127.0.0.1'), 'listening', { signal });
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  const { port } = server.address() as AddressInfo;
  await Promise.all(Array.from({ length: 2_000 }, () => deliver(agent, port, randomUUID())));
  agent.destroy();
  server.close();
}

async function openConnections(agent: Agent, port: number): Promise<void> {
  const one = async () => {
    const [response] = (await once(
      request({ agent, port, host: '127.0.0.1', path: '/healthz' }).end(),
      'response',
    )) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
  };
  await Promise.all(Array.from({ length: sockets }, one));
}

/** The status, or the code of what went wrong. */
async function deliver(agent: Agent, port: number, id: string): Promise<string> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-github-event': 'pull_request',
    'x-github-delivery': id,
    'x-hub-signature-256': signature,
  };
  return await new Promise((resolve) => {
    const sent = request(
      { agent, port, host: '127.0.0.1', method: 'POST', path: '/webhooks/github', headers },
      (response) => {
        response.resume();
        response.on('end', () => resolve(String(response.statusCode)));
      },
    );
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.setTimeout(30_000, () => sent.destroy(new Error('no answer')));
    sent.end(body);
  });
}

async function message<T>(service: ReturnType<typeof fork>): Promise<T> {
  const ended = once(service, 'exit').then(() => {
    throw new Error('the service ended');
  });
  return await Promise.race([once(service, 'message').then(([value]) => value as T), ended]);
}

/** `node bench/deliveries.ts [--postgres URL]` */
if (argv[1] === fileURLToPath(import.meta.url)) {
  const at = argv.indexOf('--postgres');
  const databaseUrl = at < 0 ? undefined : argv[at + 1];
  const { figures } = await benchDeliveries(databaseUrl === undefined ? {} : { databaseUrl });
  for (const { name, value, unit, most, ok } of figures) {
    stdout.write(`${ok ? 'ok  ' : 'MISS'} ${name}: ${Math.round(value * 10) / 10} ${unit} (at most ${most})\n`);
  }
}
