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
}

/**
 * Works a queue until the signal aborts: woken by jobs, and by a poll of the rows, which are the truth. Resolves once
 * everything under way has ended; never rejects.
 */
export async function watchQueue(store: Store, watch: QueueWatch, signal: AbortSignal, log: Log): Promise<void> {
  const work = new PQueue({ concurrency: watch.concurrency });
  const known = new Map<string, 'once' | 'again'>();
  const offer = (id: string) => {
    if (signal.aborted) return;
    if (known.has(id)) {
      known.set(id, 'again');
      return;
    }
    known.set(id, 'once');
    void work.add(async () => {
      await handleOne(watch, id, signal, log);
      const woken = known.get(id) === 'again';
      known.delete(id);
      if (woken) offer(id);
    });
  };
  await store.listen(watch.queue, offer);
  while (!signal.aborted) {
    try {
      for (const id of await watch.pending(await store.now())) if (!known.has(id)) offer(id);
    } catch (error) {
      log.error({ queue: watch.queue, error: explain(error) }, 'polling the store');
    }
    await sleep(watch.pollMs, undefined, { signal }).catch(() => undefined);
  }
  await work.onIdle();
}

async function handleOne(watch: QueueWatch, id: string, signal: AbortSignal, log: Log): Promise<void> {
  if (signal.aborted) return;
  try {
    await watch.handle(id, signal);
  } catch (error) {
    log.error({ queue: watch.queue, id, error: explain(error) }, 'handling a wake-up');
  }
}
