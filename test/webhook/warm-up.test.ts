import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import type { Store } from '../../src/store/store.ts';
import { warmUp } from '../../src/webhook/warm-up.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';

test('goes down the whole path, and leaves nothing behind', async () => {
  await using stack = new AsyncDisposableStack();
  const store = await openEmbeddedStore({ log: silentLog() });
  stack.defer(() => store.close());
  let written = 0;
  const watched: Store = {
    ...store,
    transaction: (work, options) =>
      store.transaction((tx) => {
        written += 1;
        return work(tx);
      }, options),
  };

  await warmUp(watched);

  const { rows } = await sql<{ deliveries: number; jobs: number }>`
    select (select count(*)::int from greenroom.deliveries) as deliveries,
      (select count(*)::int from greenroom.job where name = 'deliveries') as jobs`.execute(store.db);
  expect(written).toBeGreaterThan(10);
  expect(rows).toEqual([{ deliveries: 0, jobs: 0 }]);
});
