import crypto, { randomBytes, randomInt, randomUUID } from 'node:crypto';
import process from 'node:process';
import timers from 'node:timers';
import timersPromises, { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { never } from '../never.ts';
import { takeOver } from './take-over.ts';
import { VirtualClock } from './virtual-clock.ts';

const everything: [object, string[]][] = [
  [
    globalThis,
    ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate', 'Date'],
  ],
  [timers, ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate']],
  [timersPromises, ['setTimeout', 'setInterval', 'setImmediate']],
  [timersPromises.scheduler, ['wait', 'yield']],
  [AbortSignal, ['timeout']],
  [performance, ['now']],
  [process, ['hrtime']],
  [Math, ['random']],
  [crypto, ['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync']],
  [globalThis.crypto, ['randomUUID', 'getRandomValues']],
];
const values = () => everything.flatMap(([object, keys]) => keys.map((key) => Reflect.get(object, key)));
const own = () =>
  everything.flatMap(([object, keys]) => keys.map((key) => Object.getOwnPropertyDescriptor(object, key)));

test('everything is taken, and all of it is given back', async () => {
  const [before, descriptors, imported] = [values(), own(), [sleep, randomUUID, randomBytes]];

  const restore = takeOver(new VirtualClock(), 1);
  const meanwhile = values();
  const importedMeanwhile = [sleep, randomUUID, randomBytes];
  restore();

  expect(meanwhile.filter((value) => before.includes(value))).toEqual([]);
  expect(importedMeanwhile.filter((value) => imported.includes(value))).toEqual([]);
  expect(values()).toEqual(before);
  expect(own()).toEqual(descriptors);
  expect([sleep, randomUUID, randomBytes]).toEqual(imported);
  const from = performance.now();
  await sleep(5);
  expect(performance.now() - from).toBeGreaterThan(3);
});

test('a timer from before is real, and can be cleared', async () => {
  let came = false;
  const real = setTimeout(() => {
    came = true;
  }, 20);

  const restore = takeOver(new VirtualClock(), 1);
  clearTimeout(real);
  restore();
  await sleep(40);

  expect(came).toBe(false);
});

test('chance is the seed’s in every form', async () => {
  const clock = new VirtualClock();
  const draw = async (seed: number) => {
    const restore = takeOver(clock, seed);
    const asked = Promise.withResolvers<Buffer>();
    randomBytes(4, (error, bytes) => (error ? asked.reject(error) : asked.resolve(bytes)));
    const drawn = [
      Math.random(),
      randomUUID(),
      globalThis.crypto.randomUUID(),
      randomBytes(8),
      randomInt(5, 9),
      randomInt(3),
    ];
    const filled = [
      crypto.randomFillSync(Buffer.alloc(6), 2, 3),
      globalThis.crypto.getRandomValues(new Uint16Array(3)),
    ];
    restore();
    return JSON.stringify([...drawn, ...filled, await asked.promise]);
  };

  expect(await draw(1)).toBe(await draw(1));
  expect(await draw(1)).not.toBe(await draw(2));
  expect(JSON.parse(await draw(3))[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('chance is spread evenly', () => {
  const restore = takeOver(new VirtualClock(), 1);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let draws = 0; draws < 100_000; draws++) {
    const bin = Math.floor(Math.random() * 10);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  restore();

  expect(Math.min(...counts)).toBeGreaterThan(9_600);
  expect(Math.max(...counts)).toBeLessThan(10_400);
});

test('high-resolution time and promisified timers are the clock’s', async () => {
  const clock = new VirtualClock();
  const restore = takeOver(clock, 1);
  const seen: unknown[] = [];
  const [from, fromBig] = [process.hrtime(), process.hrtime.bigint()];
  void promisify(setTimeout)(1_500, 'value').then((value) => {
    seen.push(value, process.hrtime(from), process.hrtime.bigint() - fromBig);
  });

  await clock.run();
  restore();

  expect(seen).toEqual(['value', [1, 500_000_000], 1_500_000_000n]);
});

test('dead owners and those who wait for them leave nothing in memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const clock = new VirtualClock();
  const restore = takeOver(clock, 1);
  const shared = new AbortController();
  const live = async (load: Uint8Array) => {
    await sleep(3_600_000, undefined, { signal: shared.signal });
    return load;
  };
  const generation = async (lives: number) => {
    for (let life = 0; life < lives; life++) {
      clock.as('a', () => void live(new Uint8Array(10_000)));
      void never().then(() => new Uint8Array(10_000));
      if (life % 10 === 9) clock.kill('a');
    }
    await clock.run();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };

  await generation(1_000);
  const before = await generation(1_000);
  const grown = (await generation(20_000)) - before;
  restore();

  // What lives on would be 200 MB; the collector takes its time with some.
  expect(grown).toBeLessThan(100e6);
  expect(clock.pending).toBe(0);
});
