import { promisify } from 'node:util';
import type { Timer } from './timer-heap.ts';
import type { VirtualClock } from './virtual-clock.ts';

type Callback = (...args: unknown[]) => void;
interface SleepOptions {
  signal?: AbortSignal;
}

const longestMs = 2 ** 31 - 1;

/** What Node makes of a delay: whole milliseconds, and one where it cannot be. */
export function asDelay(ms: unknown): number {
  const delay = Number(ms);
  return delay >= 1 && delay <= longestMs ? Math.trunc(delay) : 1;
}

/** What `setTimeout` and `setInterval` give back. Whether it is ref'd makes no difference: the clock runs as it is told. */
export class VirtualTimeout {
  readonly #clock: VirtualClock;
  readonly #fire: () => void;
  readonly #delayMs: number;
  #timer: Timer;
  #isRef = true;

  constructor(clock: VirtualClock, delayMs: number, callback: () => void, repeats: boolean) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#fire = () => {
      if (repeats) this.#timer = clock.schedule(delayMs, this.#fire);
      callback();
    };
    this.#timer = clock.schedule(delayMs, this.#fire);
  }

  close(): this {
    this.#clock.cancel(this.#timer);
    return this;
  }
  refresh(): this {
    this.#clock.cancel(this.#timer);
    this.#timer = this.#clock.schedule(this.#delayMs, this.#fire);
    return this;
  }
  ref(): this {
    this.#isRef = true;
    return this;
  }
  unref(): this {
    this.#isRef = false;
    return this;
  }
  hasRef(): boolean {
    return this.#isRef;
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/** The global functions, on the clock. What somebody made before, real, is cleared for real. */
export function virtualGlobals(clock: VirtualClock, real: { clear: (timer: never) => void }) {
  const setTimeout = (callback: Callback, ms?: number, ...args: unknown[]) =>
    new VirtualTimeout(clock, asDelay(ms), () => callback(...args), false);
  const setInterval = (callback: Callback, ms?: number, ...args: unknown[]) =>
    new VirtualTimeout(clock, asDelay(ms), () => callback(...args), true);
  const setImmediate = (callback: Callback, ...args: unknown[]) =>
    new VirtualTimeout(clock, 0, () => callback(...args), false);
  const clear = (timer: unknown): void => {
    if (timer instanceof VirtualTimeout) timer.close();
    else real.clear(timer as never);
  };
  const { sleep, immediately } = virtualPromises(clock);
  return {
    setTimeout: Object.assign(setTimeout, { [promisify.custom]: sleep }),
    setInterval,
    setImmediate: Object.assign(setImmediate, { [promisify.custom]: immediately }),
    clear,
  };
}

/** `node:timers/promises`, on the clock. An interval's steps begin when the one before was taken. */
export function virtualPromises(clock: VirtualClock) {
  const sleep = <T>(ms?: number, value?: T, options?: SleepOptions): Promise<T> =>
    sleepUntil(clock, asDelay(ms), value as T, options?.signal);
  const immediately = <T>(value?: T, options?: SleepOptions): Promise<T> =>
    sleepUntil(clock, 0, value as T, options?.signal);
  async function* interval<T>(ms?: number, value?: T, options?: SleepOptions): AsyncGenerator<T> {
    for (;;) yield await sleep(ms, value as T, options);
  }
  return { sleep, immediately, interval };
}

function sleepUntil<T>(clock: VirtualClock, delayMs: number, value: T, signal: AbortSignal | undefined): Promise<T> {
  if (signal?.aborted) return Promise.reject(abortError(signal));
  return new Promise((resolve, reject) => {
    if (signal === undefined) {
      clock.schedule(delayMs, () => resolve(value));
      return;
    }
    const forget = () => signal.removeEventListener('abort', cancel);
    const timer = clock.schedule(
      delayMs,
      () => {
        forget();
        resolve(value);
      },
      forget,
    );
    function cancel() {
      forget();
      clock.cancel(timer);
      clock.settleFor(timer, () => reject(abortError(signal as AbortSignal)));
    }
    signal.addEventListener('abort', cancel);
  });
}

/** As Node's own, which it does not give away. */
function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

/** `AbortSignal.timeout`, on the clock. */
export function virtualTimeoutSignal(clock: VirtualClock, ms: number): AbortSignal {
  const controller = new AbortController();
  const late = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  clock.schedule(asDelay(ms), late);
  return controller.signal;
}
