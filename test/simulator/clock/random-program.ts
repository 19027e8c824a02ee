import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { takeOver } from './take-over.ts';
import { VirtualClock } from './virtual-clock.ts';

/**
 * What a program of 1,000 sleeps, aborts, time-outs and queues does, line by line. It draws everything, also what it
 * sleeps, from the process's own chance: so the seed decides all of it.
 */
export async function traceOf(seed: number): Promise<string[]> {
  const clock = new VirtualClock();
  const restore = takeOver(clock, seed);
  const lines: string[] = [];
  const say = (what: string) => lines.push(`${performance.now()} ${new Date().toISOString()} ${clock.owner} ${what}`);
  try {
    for (let index = 0; index < 1_000; index++) clock.as(`owner-${index % 5}`, () => void actor(index, say));
    // What comes before it is over may be aborted by it.
    await clock.run({ untilMs: 20_000 });
    clock.kill('owner-1');
    clock.freeze('owner-2');
    clock.jump('owner-3', -5_000);
    await clock.run({ untilMs: 40_000 });
    clock.thaw('owner-2');
    const { reason, events } = await clock.run();
    lines.push(`${reason} ${events}`);
  } finally {
    restore();
  }
  return lines;
}

async function actor(index: number, say: (what: string) => void): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(someMs())]);
  setTimeout(() => stop.abort(), someMs());
  const queue = new PQueue({ concurrency: 2 });
  const steps = Array.from({ length: 4 }, (_, step) =>
    queue.add(async () => {
      try {
        await sleep(someMs() / 4, undefined, { signal });
        say(`${index}.${step} ${randomUUID()} ${randomBytes(4).toString('hex')}`);
      } catch (error) {
        say(`${index}.${step} ${String(error)} ${String((error as Error).cause)}`);
      }
    }),
  );
  await Promise.all(steps);
}

function someMs(): number {
  return Math.random() * 60_000;
}
