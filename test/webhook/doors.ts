import type { ForgeName } from '../../src/event/event.ts';
import { parseDelivery } from '../../src/forge/github/parse-delivery.ts';
import type { Door } from '../../src/webhook/receive-delivery.ts';

/** GitHub's deliveries are let in by these secrets, and nobody else's. */
export function gitHubAlone(secrets: string[]): Record<ForgeName, Door> {
  return { github: { secrets, parseDelivery }, gitea: { secrets: [], parseDelivery } };
}
