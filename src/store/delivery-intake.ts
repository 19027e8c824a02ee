import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '../event/event.ts';
import { insertDeliveries } from './deliveries.ts';
import type { Store } from './store.ts';

interface Waiting {
  delivery: Delivery;
  settle: { resolve: (answer: 'new' | 'known') => void; reject: (error: unknown) => void };
}

const mostAtOnce = 100;
/** Wake-ups are dearer than rows; one in this time is enough, for whoever wakes looks at all rows. */
const wakeEveryMs = 50;
const wakeInRushEveryMs = 1_000;
/** A transaction costs some milliseconds, whatever it holds: in a rush it waits so long for company. */
const gatherMs = 5;

/**
 * Accepts deliveries that come many a second: what arrives while a transaction is under way shares the next one (group
 * commit). Resolves once the delivery is safe; `known` for an id that was accepted before.
 */
export function deliveryIntake(store: Store): (delivery: Delivery) => Promise<'new' | 'known'> {
  let waiting: Waiting[] = [];
  let busy = false;
  let wokenAt = Number.NEGATIVE_INFINITY;
  let trailing: NodeJS.Timeout | undefined;

  const { precedence } = store;
  const wakeInterval = () => (precedence.rush() ? wakeInRushEveryMs : wakeEveryMs);

  /** The last of a burst must not wait for the poll. What fails here the poll makes good. */
  const wakeSoon = (id: string) => {
    trailing ??= setTimeout(() => {
      trailing = undefined;
      wokenAt = performance.now();
      store.transaction((tx) => tx.wake('deliveries', id)).catch(() => undefined);
    }, wakeInterval());
    trailing.unref();
  };
  const write = async (deliveries: readonly Delivery[]): Promise<Set<string>> => {
    const wakes = performance.now() - wokenAt >= wakeInterval();
    const fresh = await store.transaction(
      async (tx) => {
        const inserted = await insertDeliveries(tx, deliveries);
        const [first] = inserted;
        if (wakes && first !== undefined) await tx.wake('deliveries', first);
        return inserted;
      },
      { urgent: true },
    );
    const [first] = fresh;
    if (wakes) wokenAt = performance.now();
    else if (first !== undefined) wakeSoon(first);
    return fresh;
  };
  const accept = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const fresh = await write(batch.map(({ delivery }) => delivery));
      for (const { delivery, settle } of batch) settle.resolve(fresh.delete(delivery.id) ? 'new' : 'known');
    } catch (error) {
      const [only] = batch;
      if (batch.length === 1) only?.settle.reject(error);
      // One that the database refuses must not take the others with it.
      else for (const each of batch) await accept([each]);
    }
  };
  const work = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      if (precedence.rush()) await sleep(gatherMs);
      const batch = waiting.slice(0, mostAtOnce);
      waiting = waiting.slice(mostAtOnce);
      await accept(batch);
    }
    busy = false;
  };
  return (delivery) =>
    new Promise((resolve, reject) => {
      precedence.arrived();
      waiting.push({ delivery, settle: { resolve, reject } });
      if (!busy) void work();
    });
}
