import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { explain } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Queue, Store } from './store.ts';

export interface QueueWatch {
  queue: Queue;
  /** The ids that the rows themselves say are waiting: what a lost wake-up missed. */
  pending: (now: Date) => Promise<string[]>;
  /** Handles one id; the same id never twice at once in this process. What it throws is logged, the next poll tries again. */
  handle: (id: string, signal: AbortSignal) => Promise<void>;
  concurrency: number;
  /** How often the rows are asked. */
  pollMs: number;
  /** Lets the acceptance of deliveries go first (`Precedence`). */
  givesWay?: boolean;
}

/**
 * Works a queue until the signal aborts: woken by jobs, and by a poll of the rows (at each wake-up, and every `pollMs`), which are the truth. Resolves once
 * everything under way has ended; never rejects.
 */
export async function watchQueue(store: Store, watch: QueueWatch, signal: AbortSignal, log: Log): Promise<void> {
  const work = new PQueue({ concurrency: watch.concurrency });
  const known = new Map<string, 'once' | 'again'>();
  const bell = createBell();
  let waiting = 0;
  const offer = (id: string) => {
    if (signal.aborted) return;
    if (known.has(id)) {
      known.set(id, 'again');
      return;
    }
    known.set(id, 'once');
    void work.add(async () => {
      const work = () => handleOne(watch, id, signal, log);
      const handled = await (watch.givesWay ? store.precedence.inTurn(work, signal) : work());
      const woken = known.get(id) === 'again';
      known.delete(id);
      if (woken) offer(id);
      // A poll shows a part of a long backlog: when that part is done, the next one.
      else if (handled && known.size === 0 && waiting >= longBacklog) bell.ring();
    });
  };
  await store.listen(watch.queue, (id) => {
    // In a flood the rows remember for us.
    if (known.size < mostKnown) offer(id);
    // One wake-up may stand for many rows.
    bell.ring();
  });
  while (!signal.aborted) {
    try {
      const ids = await watch.pending(await store.now());
      waiting = ids.length;
      for (const id of ids) if (!known.has(id)) offer(id);
    } catch (error) {
      log.error({ queue: watch.queue, error: explain(error) }, 'polling the store');
    }
    await sleep(shortestPollMs, undefined, { signal }).catch(() => undefined);
    await bell.heard(watch.pollMs - shortestPollMs, signal);
  }
  await work.onIdle();
}

const longBacklog = 20;
/** Ids in memory; what waits beyond them is found by the next polls. */
const mostKnown = 500;
/** However many wake-ups come. */
const shortestPollMs = 200;

/** Something to wait for with a time-out; a ring that nobody waited for yet is heard at once. */
function createBell() {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => rung.resolve(),
    async heard(timeoutMs: number, signal: AbortSignal): Promise<void> {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const end = () => resolve();
      const timer = setTimeout(end, timeoutMs);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      await Promise.race([rung.promise, late]);
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      rung = Promise.withResolvers<void>();
    },
  };
}

/** Whether it went well. */
async function handleOne(watch: QueueWatch, id: string, signal: AbortSignal, log: Log): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await watch.handle(id, signal);
    return true;
  } catch (error) {
    log.error({ queue: watch.queue, id, error: explain(error) }, 'handling a wake-up');
    return false;
  }
}
