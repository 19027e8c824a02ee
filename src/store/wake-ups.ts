import type { Kysely } from 'kysely';
import { type ConstructorOptions, fromKysely, PgBoss } from 'pg-boss';
import type { Log } from '../log.ts';
import { type Queue, queues } from './store.ts';
import { schema, type Tables } from './tables.ts';

export interface WakeUps {
  send(db: Kysely<Tables>, queue: Queue, id: string, at: Date | undefined): Promise<void>;
  listen(queue: Queue, onWake: (id: string) => void): Promise<void>;
  stop(): Promise<void>;
}

/** pg-boss on the store's own database, in the store's own schema. */
export async function startWakeUps(options: ConstructorOptions, log: Log): Promise<WakeUps> {
  const boss = new PgBoss({
    ...options,
    schema,
    useListenNotify: true,
    persistWarnings: false,
    // No index here ever gets large: finished wake-ups are deleted after an hour.
    reindex: false,
    monitorVacuum: false,
  });
  // Some of its errors are plain objects with the fields of one.
  boss.on('error', ({ message }) => log.error({ error: message }, 'queue error'));
  boss.on('warning', (warning) => log.debug({ warning }, 'queue warning'));
  await boss.start();
  for (const queue of queues) await openQueue(boss, queue);
  return {
    async send(db, queue, id, at) {
      await boss.send(queue, { id }, { db: fromKysely(db), ...(at ? { startAfter: at } : {}) });
    },
    async listen(queue, onWake) {
      // Batches drain a backlog at once; with batch size 1 the notify interval would hold it up (pg-boss#612).
      const pace = { batchSize: 50, burstWhenBatchFull: true, notifyPollingIntervalSeconds: 2 };
      await boss.work<{ id: string }>(queue, pace, async (jobs) => {
        for (const job of jobs) onWake(job.data.id);
      });
    },
    async stop() {
      await boss.stop({ graceful: true, timeout: 5_000, close: true });
    },
  };
}

/**
 * The first use of a queue looks it up on the main connection, which on PGlite the caller's transaction would hold:
 * a deadlock. `createQueue` and one look here keep every queue in pg-boss's cache from the start.
 */
async function openQueue(boss: PgBoss, queue: Queue): Promise<void> {
  const settings = { notify: true, retryLimit: 2, expireInSeconds: 60, deleteAfterSeconds: 3600 };
  await boss.createQueue(queue, settings);
  await boss.updateQueue(queue, settings);
  await boss.fetch(queue, { batchSize: 1, minPriority: 1_000_000 });
}
