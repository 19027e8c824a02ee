import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../errors.ts';
import { countAll } from '../store/counts.ts';
import type { Store } from '../store/store.ts';

export interface Readiness {
  ready: boolean;
  checks: Record<string, { ok: boolean; detail: string }>;
}

/** A delivery waits a few milliseconds; one that waits this long says that nobody works the queue. */
const stuckAfterSeconds = 120;
const answerWithinMs = 3_000;

/** Whether the service can do its work now: the store answers, and the queue moves. Never rejects. */
export async function readinessOf(
  store: Store,
  more: Record<string, () => Promise<{ ok: boolean; detail: string }>>,
): Promise<Readiness> {
  const own = { store: () => storeAnswers(store), queue: () => queueMoves(store) };
  const checks: Readiness['checks'] = {};
  for (const [name, check] of Object.entries({ ...own, ...more })) {
    checks[name] = await inTime(check).catch((error: unknown) => ({ ok: false, detail: explain(error) }));
  }
  return { ready: Object.values(checks).every((check) => check.ok), checks };
}

async function storeAnswers(store: Store) {
  await store.now();
  await store.db.selectFrom('changes').select('id').limit(1).execute();
  return { ok: true, detail: store.engine };
}

async function queueMoves(store: Store) {
  const counts = await countAll(store, await store.now());
  const oldest = Math.round(counts.oldestDeliverySeconds);
  const ok = oldest < stuckAfterSeconds;
  const detail = `${counts.unhandledDeliveries} deliveries wait, the oldest for ${oldest} s; ${counts.queuedRuns} runs are queued`;
  return { ok, detail };
}

async function inTime<T>(work: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = sleep(answerWithinMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`no answer within ${answerWithinMs / 1000} s`);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    stop.abort();
    await late.catch(() => undefined);
  }
}
