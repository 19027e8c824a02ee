import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../errors.ts';
import type { Log } from '../log.ts';
import { acceptedAmong } from '../store/deliveries.ts';
import type { Store } from '../store/store.ts';

export interface Recovering {
  store: Store;
  log: Log;
  /** Asks the forge for what it could not deliver. @returns how many */
  recover: (
    accepted: (guids: readonly string[]) => Promise<ReadonlySet<string>>,
    signal: AbortSignal,
  ) => Promise<number>;
  onRecovery: (count: number) => void;
}

const everyMs = 5 * 60_000;

/**
 * Asks for deliveries that never came, at once and then every 5 minutes: while the service was down, or refused them. They come
 * the way of all deliveries, signed. Never rejects; ends with the signal.
 */
export async function keepDeliveriesRecovered(recovering: Recovering, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const count = await recovering.recover((guids) => acceptedAmong(recovering.store, guids), signal);
      if (count > 0) recovering.onRecovery(count);
    } catch (error) {
      if (!signal.aborted) recovering.log.warn({ error: explain(error) }, 'asking for missed deliveries');
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
