import { argv } from 'node:process';
import { parseDelivery as fromGitea } from '../../src/forge/gitea/parse-delivery.ts';
import { parseDelivery as fromGitHub } from '../../src/forge/github/parse-delivery.ts';
import { silentLog } from '../../src/log.ts';
import { createService } from '../../src/webhook/app.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';
import { serve } from '../../src/webhook/serve.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';

/** What the process says of itself when it is asked. */
export interface FuzzedReport {
  /** Milliseconds of processor time since it began to listen. */
  cpuMs: number;
  /** Bytes in use on the heap, when everything that nobody needs is collected. */
  heapBytes: number;
  /** Promises that nobody caught. */
  unhandled: string[];
  /** Deliveries that were written down since the last report; they are forgotten then. */
  stored: number;
}

/** `fork`ed with `--expose-gc` and the secret of both doors: the webhook service as it is, on PGlite. */
const [, , secret = ''] = argv;
const log = silentLog();
const unhandled: string[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));
const store = await openEmbeddedStore({ log, wakeUps: 'none' });
const doors = {
  github: { secrets: [secret], parseDelivery: fromGitHub },
  gitea: { secrets: [secret], parseDelivery: fromGitea },
};
const app = createService({ store, log, metrics: createMetrics(store), doors });
const served = await serve(app, { host: '127.0.0.1', port: 0 });
const since = process.cpuUsage();
process.on('message', async () => {
  const { numDeletedRows } = await store.db.deleteFrom('deliveries').executeTakeFirst();
  globalThis.gc?.();
  const { user, system } = process.cpuUsage(since);
  const report: FuzzedReport = {
    cpuMs: (user + system) / 1_000,
    heapBytes: process.memoryUsage().heapUsed,
    unhandled,
    stored: Number(numDeletedRows),
  };
  process.send?.(report);
});
process.once('disconnect', () => void store.close().then(() => process.exit(0)));
process.send?.({ port: served.port });
