import { setTimeout as sleep } from 'node:timers/promises';
import { explain, RunError } from '../errors.ts';
import type { Log } from '../log.ts';

const pausesMs = [1_000, 5_000, 15_000, 30_000, 60_000];

export interface Doing {
  log: Log;
  runId: string;
  what: string;
}

/** Asks again what is worth a retry, for about two minutes. @throws what the last asking throws; the signal's reason when aborted */
export async function patiently<T>(
  ask: () => Promise<T>,
  { log, runId, what }: Doing,
  signal: AbortSignal,
): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RunError && error.remedy === 'retry')) throw error;
      log.warn({ run: runId, error: explain(error), pauseMs }, what);
      await sleep(pauseMs, undefined, { signal });
    }
  }
  return await ask();
}
