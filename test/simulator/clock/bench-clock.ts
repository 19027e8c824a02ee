import { stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeOver } from './take-over.ts';
import { VirtualClock } from './virtual-clock.ts';

/** `node test/simulator/clock/bench-clock.ts [events]`: processor time of an event, best of ten. */
const events = Number(process.argv[2] ?? 100_000);
const sleepers = 100;

await measure('a callback that sets the next', (each) => {
  let left = each;
  const again = () => {
    if (--left > 0) setTimeout(again, 10);
  };
  setTimeout(again, 10);
});
await measure('a sleep', (each) => void sleeper(each));
await measure('a sleep with a signal', (each) => void sleeper(each, new AbortController().signal));
await measure('a time-out that is never reached', async (each) => {
  for (let left = each; left > 0; left--) {
    const late = setTimeout(() => undefined, 3_600_000);
    await sleep(10);
    clearTimeout(late);
  }
});

async function sleeper(each: number, signal?: AbortSignal): Promise<void> {
  for (let left = each; left > 0; left--) await sleep(10, undefined, signal === undefined ? {} : { signal });
}

async function measure(what: string, start: (each: number) => void): Promise<void> {
  let bestUs = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 10; attempt++) {
    const clock = new VirtualClock();
    const restore = takeOver(clock, 1);
    for (let index = 0; index < sleepers; index++) clock.as(`owner-${index % 5}`, () => start(events / sleepers));
    const from = process.cpuUsage();
    const end = await clock.run();
    const { user, system } = process.cpuUsage(from);
    restore();
    bestUs = Math.min(bestUs, (user + system) / end.events);
  }
  stdout.write(`${what}: ${bestUs.toFixed(2)} us an event, ${Math.round(1e6 / bestUs)} events/s\n`);
}
