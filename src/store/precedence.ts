import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Accepting deliveries comes before handling them: the forge waits for the answer, at most some seconds, while work
 * that is written down can wait. Both share one event loop (and PGlite's one connection), so in a rush of deliveries
 * work takes turns, one at a time, with pauses. It is slowed down, never stopped.
 */
export interface Precedence {
  /** A delivery came in. */
  arrived(): void;
  /** Whether deliveries come faster than work may follow at once. */
  rush(): boolean;
  /** Runs `work`: at once when it is calm; in a rush after the one before and a pause, at most 5 s after that one began. */
  inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** So many arrivals within `rushMs` are a rush; fewer, such as one push with its events, never wait. */
const rushArrivals = 10;
const rushMs = 250;
/** In a rush work gets one part of the time, acceptance this many. */
const pauseFactor = 4;
const shortestPauseMs = 20;
/** From one piece of work to the next. */
const longestTurnMs = 5_000;

/** @param now a clock in milliseconds that never goes back */
export function createPrecedence(now: () => number = () => performance.now()): Precedence {
  const arrivals: number[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const rush = () => isRush(arrivals, now());
  const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
    const until = now() + ms;
    for (let left = ms; left > 0 && rush() && !signal.aborted; left = until - now()) {
      await sleep(Math.min(rushMs, left), undefined, { signal }).catch(() => undefined);
    }
  };
  return {
    arrived() {
      arrivals.push(now());
      if (arrivals.length > rushArrivals) arrivals.shift();
    },
    rush,
    inTurn(work, signal) {
      if (!rush()) return work();
      let begun = 0;
      const worked = last.then(() => {
        begun = now();
        return work();
      });
      const rest = () => pause(pauseAfter(now() - begun), signal);
      // Work that hangs, on a forge that does not answer, must not hold up the next.
      const late = last.then(() => sleep(longestTurnMs, undefined, { ref: false }));
      last = Promise.race([worked.then(rest, rest), late]);
      return worked;
    },
  };
}

/** @param arrivals the last ones, oldest first */
export function isRush(arrivals: readonly number[], now: number): boolean {
  const oldest = arrivals.at(-rushArrivals);
  return oldest !== undefined && now - oldest <= rushMs;
}

/** How long work pauses in a rush, after some that took `tookMs`. */
export function pauseAfter(tookMs: number): number {
  return Math.min(longestTurnMs, Math.max(shortestPauseMs, tookMs * pauseFactor));
}
