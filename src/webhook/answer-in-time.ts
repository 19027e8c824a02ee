import { setTimeout as sleep } from 'node:timers/promises';
import type { Receipt } from './receive-delivery.ts';

/** GitHub hangs up after 10 s, an Enterprise Server after 30 s. */
export const answerWithinMs = 8_000;

/**
 * The receipt, or 503 before the forge hangs up: for a database that does not answer, a body that trickles in. What is written down
 * after that is known when it comes again.
 */
export async function answerInTime(receiving: Promise<Receipt>, withinMs = answerWithinMs): Promise<Receipt> {
  const stop = new AbortController();
  const late = sleep(withinMs, undefined, { signal: stop.signal }).then((): Receipt => {
    return { status: 503, message: 'This takes too long: deliver it again.', event: 'unverified' };
  });
  try {
    return await Promise.race([receiving, late]);
  } finally {
    stop.abort();
    late.catch(() => undefined);
  }
}
