import { Worker } from 'node:worker_threads';
import type { Problem } from '../errors.ts';

export interface LoadScript {
  /** The tree that the script may import from; nothing outside it is read. */
  root: string;
  /** Relative to `root`. */
  path: string;
}

/** Types that a change wrote can keep a compiler busy for ever. */
const timeoutMs = 60_000;

/**
 * Type-checks a k6 script against `@types/k6`, as data: nothing of it runs. In a thread of its own, bounded in time and memory.
 * @returns the problems, none when it fits; a script that cannot be checked in time is a problem too
 */
export async function checkLoadScript(script: LoadScript, signal: AbortSignal): Promise<Problem[]> {
  if (!/\.[mc]?ts$/.test(script.path)) return [];
  signal.throwIfAborted();
  const worker = new Worker(new URL('./load-script-worker.ts', import.meta.url), {
    workerData: script,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    return await new Promise<Problem[]>((resolve, reject) => {
      limit.addEventListener('abort', () => reject(limit.reason), { once: true });
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    return [{ file: script.path, message: `cannot be type-checked: ${why}`, suggestion: 'make its types simpler' }];
  } finally {
    await worker.terminate();
  }
}
