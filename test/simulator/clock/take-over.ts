import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { nextTick, hrtime as realHrtime } from 'node:process';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { SeededRandom } from './seeded-random.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { virtualDate } from './virtual-date.ts';
import { virtualGlobals, virtualPromises, virtualTimeoutSignal } from './virtual-timers.ts';

let taken = false;

/**
 * Gives this process's time and chance to `clock` and `seed`: timers (global, `node:timers`, `node:timers/promises`),
 * `AbortSignal.timeout`, `Date`, `performance.now`, `process.hrtime`, `Math.random`, `randomUUID`, `randomBytes`,
 * `randomInt`, `randomFillSync` and `getRandomValues`, for every module, whether it has imported them or will. Only
 * what was copied into a variable before stays real. Microtasks and `process.nextTick` are left alone: they are no time.
 * @returns gives everything back
 */
export function takeOver(clock: VirtualClock, seed: number): () => void {
  if (taken) throw new Error('the time of this process is taken over already');
  taken = true;
  const put = replacements();
  takeTimers(clock, put.in);
  takeClocks(clock, put.in);
  takeChance(new SeededRandom(seed), put.in);
  syncBuiltinESMExports();
  return () => {
    put.undo();
    syncBuiltinESMExports();
    taken = false;
  };
}

type Put = (target: object, values: Readonly<Record<string, unknown>>) => void;

function replacements(): { in: Put; undo: () => void } {
  const undos: (() => void)[] = [];
  return {
    in(target, values) {
      for (const [key, value] of Object.entries(values)) {
        const before = Object.getOwnPropertyDescriptor(target, key);
        const enumerable = before?.enumerable ?? false;
        Object.defineProperty(target, key, { value, writable: true, configurable: true, enumerable });
        undos.push(() => {
          if (before === undefined) Reflect.deleteProperty(target, key);
          else Object.defineProperty(target, key, before);
        });
      }
    },
    undo() {
      for (const undo of undos.reverse()) undo();
    },
  };
}

function takeTimers(clock: VirtualClock, put: Put): void {
  const { setTimeout, setInterval, setImmediate, clear } = virtualGlobals(clock, { clear: globalThis.clearTimeout });
  const { clear: clearImmediate } = virtualGlobals(clock, { clear: globalThis.clearImmediate });
  const functions = {
    setTimeout,
    setInterval,
    setImmediate,
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate,
  };
  put(globalThis, functions);
  put(timers, functions);
  const { sleep, immediately, interval } = virtualPromises(clock);
  put(timersPromises, { setTimeout: sleep, setImmediate: immediately, setInterval: interval });
  put(timersPromises.scheduler, {
    wait: (ms: number, options?: { signal?: AbortSignal }) => sleep(ms, undefined, options),
    yield: () => immediately(),
  });
  put(AbortSignal, { timeout: (ms: number) => virtualTimeoutSignal(clock, ms) });
}

function takeClocks(clock: VirtualClock, put: Put): void {
  put(globalThis, { Date: virtualDate(Date, () => clock.wallMs()) });
  put(performance, { now: () => clock.nowMs });
  const bigint = () => BigInt(Math.round(clock.nowMs * 1e6));
  const hrtime = (since: [number, number] = [0, 0]): [number, number] => {
    const passed = bigint() - BigInt(since[0]) * 1_000_000_000n - BigInt(since[1]);
    return [Number(passed / 1_000_000_000n), Number(passed % 1_000_000_000n)];
  };
  put(process, { hrtime: Object.assign(hrtime, realHrtime, { bigint }) });
}

function takeChance(random: SeededRandom, put: Put): void {
  type Answer<T> = (error: Error | null, value: T) => void;
  const answered = <T>(value: T, answer: Answer<T> | undefined): T => {
    if (answer !== undefined) nextTick(answer, null, value);
    return value;
  };
  put(Math, { random: () => random.next() });
  put(crypto, {
    randomUUID: () => random.uuid(),
    randomBytes: (size: number, answer?: Answer<Buffer>) => answered(random.fill(Buffer.alloc(size)), answer),
    randomFillSync: (into: Uint8Array, offset = 0, size = into.byteLength - offset) => {
      random.fill(into.subarray(offset, offset + size));
      return into;
    },
    randomInt: (one: number, other?: number | Answer<number>, answer?: Answer<number>) => {
      const [least, end] = typeof other === 'number' ? [one, other] : [0, one];
      return answered(random.integer(least, end), typeof other === 'function' ? other : answer);
    },
  });
  put(globalThis.crypto, {
    randomUUID: () => random.uuid(),
    getRandomValues: <T extends ArrayBufferView>(into: T) => random.fill(into),
  });
}
