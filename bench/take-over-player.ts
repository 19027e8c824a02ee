import process from 'node:process';
import { silentLog } from '../src/log.ts';
import { keepLease } from '../src/runner/keep-lease.ts';
import { Lease } from '../src/runner/lease.ts';
import { claimableRuns, claimRun, renewLease } from '../src/store/leases.ts';
import { openStore } from '../src/store/open-store.ts';
import { watchQueue } from '../src/store/watch-queue.ts';

/** A replica that takes the run that nobody plays, tells its parent, and keeps it for ever: until it is killed. */
const log = silentLog();
const store = await openStore({ databaseUrl: process.env.DATABASE_URL ?? '' }, { log });
const ending = new AbortController();
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
await watchQueue(
  store,
  {
    queue: 'runs',
    pending: (now) => claimableRuns(store, now),
    handle: async (id, signal) => {
      const claimed = await store.transaction((tx) => claimRun(tx, id, `${process.pid}`));
      if (claimed === null) return;
      process.send?.('taken');
      const lease = new Lease(claimed.hold, performance.now());
      const renew = async () => renewLease(store, claimed.hold, await store.now());
      await keepLease({ lease, log, renew, onLost: () => process.exit(1) }, signal);
    },
    concurrency: 1,
    pollMs: 2_000,
  },
  ending.signal,
  log,
);
