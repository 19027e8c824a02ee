import type { Delivery } from '../event/event.ts';
import { finishDelivery } from '../store/deliveries.ts';
import { type EventHandling, handleEvent } from './handle-event.ts';

/**
 * Handles one accepted delivery; what follows from it is written together with its end. What throws leaves the delivery to be
 * tried again.
 */
export async function handleDelivery(work: EventHandling, delivery: Delivery, signal: AbortSignal): Promise<void> {
  await handleEvent(work, delivery.event, (tx) => finishDelivery(tx, delivery.id), signal);
}
