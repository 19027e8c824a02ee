import { requestCancel } from '../store/cancel.ts';
import type { Store } from '../store/store.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';
import type { Updates } from './updates.ts';

/**
 * The document of a run once it is done, teardown included. When the signal aborts, the store is told: the player sees it
 * within a second and tears down, and this still waits for that.
 */
export async function untilDone(
  { store, updates }: { store: Store; updates: Updates },
  runId: string,
  signal: AbortSignal,
): Promise<VerdictDocument> {
  const cancel = () => {
    store.transaction((tx) => requestCancel(tx, runId, 'interrupted')).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    return (await updates.until((run) => run.id === runId && run.phase === 'done')).document;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
