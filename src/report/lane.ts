import { setTimeout as delay } from 'node:timers/promises';
import type { MayBegin } from '../forge/forge.ts';
import type { Run } from '../run/run.ts';

export interface Telling {
  run: Run;
  signal: AbortSignal;
  /** Resolves when a request may begin; rejects when this process has no say any more. */
  mayBegin: MayBegin;
}

interface Waiting extends Telling {
  /** Aborted when it may not wait for its interval. */
  hurry: AbortController;
  /** Somebody hears how it ends. */
  isAwaited: boolean;
  done: Promise<void>;
}

export interface LaneOptions {
  /** Between the end of one telling and the beginning of the next of the same change. */
  intervalMs: number;
  /** @returns whether there was anything to say: who kept silent keeps nobody waiting */
  tell: (telling: Telling) => Promise<boolean>;
  /** Hears of a telling that was lost and that nobody waits for. */
  onLost: (run: Run, error: unknown) => void;
  now: () => number;
  /** Ends early, without throwing, when the signal aborts. */
  pause?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Tells of each change in a row, at its pace, and of those states of a run that come meanwhile only the newest. */
export class Lane {
  readonly #options: LaneOptions;
  /** By run. */
  readonly #waiting = new Map<string, Waiting>();
  /** By change: the end of its row. */
  readonly #rows = new Map<string, { tail: Promise<void>; toldAt: number }>();

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /**
   * Resolves when this state, or a newer one of the run, was told; rejects when that was lost.
   * @param how `hurried`: without waiting for the interval; `awaited`: the caller hears how it ends
   */
  tell(telling: Telling, { hurried, awaited }: { hurried: boolean; awaited: boolean }): Promise<void> {
    const waiting = this.#waiting.get(telling.run.id) ?? this.#enqueue(telling);
    Object.assign(waiting, telling);
    waiting.isAwaited ||= awaited;
    if (hurried) waiting.hurry.abort();
    return waiting.done;
  }

  /** Resolves when nothing waits to be told any more. Never rejects. */
  async drained(): Promise<void> {
    await Promise.allSettled([...this.#rows.values()].map((row) => row.tail));
  }

  #enqueue(telling: Telling): Waiting {
    const { run } = telling;
    const { tell, now, onLost } = this.#options;
    const row = this.#rows.get(run.changeId) ?? { tail: Promise.resolve(), toldAt: Number.NEGATIVE_INFINITY };
    const waiting = { ...telling, hurry: new AbortController(), isAwaited: false, done: Promise.resolve() };
    waiting.done = row.tail.then(async () => {
      await this.#untilDue(row.toldAt, waiting);
      this.#waiting.delete(run.id);
      let hasSpoken = true;
      try {
        hasSpoken = await tell(waiting);
      } finally {
        if (hasSpoken) row.toldAt = now();
      }
    });
    row.tail = waiting.done.catch((error: unknown) => {
      if (!waiting.isAwaited) onLost(waiting.run, error);
    });
    this.#rows.set(run.changeId, row);
    this.#waiting.set(run.id, waiting);
    return waiting;
  }

  async #untilDue(toldAt: number, { hurry, signal }: Waiting): Promise<void> {
    const { intervalMs, now, pause = pauseQuietly } = this.#options;
    const left = toldAt + intervalMs - now();
    if (left > 0 && !hurry.signal.aborted) await pause(left, AbortSignal.any([hurry.signal, signal]));
  }
}

export async function pauseQuietly(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
