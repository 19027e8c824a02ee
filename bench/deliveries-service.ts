import { argv } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessOf } from '../src/dashboard/access/access.ts';
import { createDashboard } from '../src/dashboard/dashboard.ts';
import { silentLog } from '../src/log.ts';
import { artifactFolder } from '../src/store/artifact-folder.ts';
import { claimDelivery, finishDelivery, unhandledDeliveries } from '../src/store/deliveries.ts';
import { openStore, type StorePlace } from '../src/store/open-store.ts';
import { watchQueue } from '../src/store/watch-queue.ts';
import { createService } from '../src/webhook/app.ts';
import { createMetrics } from '../src/webhook/metrics.ts';
import type { Door } from '../src/webhook/receive-delivery.ts';
import { serve } from '../src/webhook/serve.ts';
import { warmUp } from '../src/webhook/warm-up.ts';

/** The process under test: the service with its queue, whose worker claims and finishes every delivery. */
const { place, secret } = JSON.parse(argv[2] ?? '') as { place: StorePlace; secret: string };
const log = silentLog();
const mostMs = 120_000;
const stop = new AbortController();
const store = await openStore(place, { log });
const door: Door = { secrets: [secret], parseDelivery: (name) => ({ kind: 'other', name, why: 'a benchmark' }) };
const readers = { isPublic: async () => false, mayRead: async () => false };
const access = accessOf({ isOpen: true, token: null, forges: [], readers, publicUrl: 'http://127.0.0.1' });
const app = createService({
  store,
  log,
  metrics: createMetrics(store),
  doors: { github: door, gitea: door },
  routes: [createDashboard({ store, artifacts: artifactFolder('/nonexistent'), access, log })],
});
await warmUp(store);
const served = await serve(app, { host: '127.0.0.1', port: 0 });
const work = watchQueue(
  store,
  {
    queue: 'deliveries',
    concurrency: 8,
    givesWay: true,
    pollMs: 2_000,
    pending: (now) => unhandledDeliveries(store, now),
    handle: async (id) => {
      if ((await store.transaction((tx) => claimDelivery(tx, id, 60_000))) === null) return;
      await store.transaction((tx) => finishDelivery(tx, id));
    },
  },
  stop.signal,
  log,
);
process.on('message', async () => {
  const begun = performance.now();
  const unhandled = () => store.db.selectFrom('deliveries').select('id').where('handled_at', 'is', null).execute();
  while ((await unhandled()).length > 0 && performance.now() - begun < mostMs) await sleep(250);
  const handledAfterMs = performance.now() - begun;
  const rows = await store.db.selectFrom('deliveries').select('id').execute();
  process.send?.({ stored: rows.map((row) => row.id), handledAfterMs });
});
// Nobody is left to end us.
process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', async () => {
  process.removeAllListeners('disconnect');
  stop.abort();
  await work;
  await served.close();
  await store.close();
  process.exit(0);
});
process.send?.({ port: served.port });
