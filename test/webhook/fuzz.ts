import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { argv, exit, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { officialExamples } from '../forge/official-examples.ts';
import { type Deformed, deformed } from './deformed.ts';
import type { FuzzedReport } from './fuzzed-service.ts';

export interface FuzzResult {
  sent: number;
  /** By status. */
  answers: ReadonlyMap<number, number>;
  /** Answered with 5xx, or not at all: the first ones, with what repeats them. */
  wrong: string[];
  unhandled: string[];
  /** New deliveries that were answered with 202, and those that were found in the store. */
  accepted: number;
  stored: number;
  /** Bytes on the heap at the end, less those after the first tenth. */
  grownBytes: number;
}

const secret = 'a secret of both doors';
const batch = 400;
const atOnce = 8;
/** What the heap may hold more at the end. */
export const mostGrownBytes = 24 * 1_024 * 1_024;

/** Sends deformed deliveries to a real service until it has used that much of a processor. @param seed decides every delivery */
export async function fuzz(cpuSeconds: number, seed: number): Promise<FuzzResult> {
  const file = join(import.meta.dirname, 'fuzzed-service.ts');
  const service = fork(file, [secret], { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    const [{ port }] = (await once(service, 'message')) as [{ port: number }];
    return await fuzzService({ service, url: `http://127.0.0.1:${port}`, cpuSeconds, seed });
  } finally {
    if (service.exitCode === null && service.signalCode === null) {
      const ended = once(service, 'exit');
      service.disconnect();
      await ended;
    }
  }
}

interface Fuzzing {
  service: ChildProcess;
  url: string;
  cpuSeconds: number;
  seed: number;
}

async function fuzzService({ service, url, cpuSeconds, seed }: Fuzzing): Promise<FuzzResult> {
  const deliveries = deformed(await officialExamples(), secret);
  const answers = new Map<number, number>();
  const wrong: string[] = [];
  let [sent, stored, accepted, firstHeap] = [0, 0, 0, 0];
  let said = await report(service);
  for (let round = 0; said.cpuMs < cpuSeconds * 1_000 && wrong.length === 0; round += 1) {
    const queue = fc.sample(deliveries, { numRuns: batch, seed: seed + round });
    const send = async () => {
      for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
        const { status, isNew } = await post(url, one);
        sent += 1;
        accepted += Number(isNew);
        answers.set(status, (answers.get(status) ?? 0) + 1);
        if (status === 0 || status >= 500) wrong.push(`${status} to ${told(one, seed + round)}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, send));
    said = await report(service);
    stored += said.stored;
    if (firstHeap === 0 && said.cpuMs > cpuSeconds * 100) firstHeap = said.heapBytes;
  }
  const { unhandled, heapBytes } = said;
  return { sent, answers, wrong, unhandled, accepted, stored, grownBytes: heapBytes - firstHeap };
}

async function report(service: ChildProcess): Promise<FuzzedReport> {
  const answer = once(service, 'message');
  service.send('report');
  return ((await answer) as [FuzzedReport])[0];
}

/** Status 0: no answer. */
async function post(url: string, { path, headers, body }: Deformed): Promise<{ status: number; isNew: boolean }> {
  try {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body });
    return { status: response.status, isNew: (await response.text()).includes('"Accepted."') };
  } catch {
    return { status: 0, isNew: false };
  }
}

function told({ path, headers, body }: Deformed, ofSeed: number): string {
  return `${path} ${JSON.stringify(headers)} of seed ${ofSeed}: ${body.toString('latin1').slice(0, 300)}`;
}

/** `node test/webhook/fuzz.ts [seconds of processor time] [seed]` */
if (argv[1] === fileURLToPath(import.meta.url)) {
  const [cpuSeconds = 600, seed = Date.now() % 2 ** 31] = argv.slice(2).map(Number);
  const { sent, answers, wrong, unhandled, accepted, stored, grownBytes } = await fuzz(cpuSeconds, seed);
  const byStatus = [...answers].sort().map(([status, count]) => `${count} x ${status}`);
  const ok = wrong.length === 0 && unhandled.length === 0 && accepted === stored && grownBytes < mostGrownBytes;
  for (const line of [...wrong, ...unhandled]) stdout.write(`${line}\n`);
  stdout.write(
    `seed ${seed}: ${sent} deliveries (${byStatus.join(', ')}), ${stored} of ${accepted} accepted ones stored, ${unhandled.length} unhandled rejections, heap ${(grownBytes / 1e6).toFixed(1)} MB larger than after the first tenth\n`,
  );
  exit(ok ? 0 : 1);
}
