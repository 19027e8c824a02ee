import { Hono } from 'hono';
import { explain } from '../errors.ts';
import type { Delivery, ForgeName } from '../event/event.ts';
import type { Log } from '../log.ts';
import { deliveryIntake } from '../store/delivery-intake.ts';
import type { Store } from '../store/store.ts';
import { answerInTime } from './answer-in-time.ts';
import type { Metrics } from './metrics.ts';
import { readinessOf } from './readiness.ts';
import { type Door, receiveDelivery } from './receive-delivery.ts';

export interface ServiceOptions {
  store: Store;
  log: Log;
  metrics: Metrics;
  /** `POST /webhooks/<forge>`. */
  doors: Readonly<Record<ForgeName, Door>>;
  /** Called after a new delivery is committed and before it is answered; its outcome never changes the answer. */
  onDelivery?: (delivery: Delivery) => void | Promise<void>;
  /** More of what must hold to be ready, by name, such as the cluster. */
  readiness?: Record<string, () => Promise<{ ok: boolean; detail: string }>>;
  /** Other apps on the same port, such as the run pages. */
  routes?: readonly Hono[];
  now?: () => Date;
  /** A delivery is answered within this time, come what may; default 8 s. */
  answerWithinMs?: number;
}

/** The service: deliveries in, health and metrics out. It answers before the work that a delivery means begins. */
export function createService(options: ServiceOptions): Hono {
  const { store, log, metrics } = options;
  const budget = { left: 128 * 1024 * 1024 };
  const accept = deliveryIntake(store);
  const app = new Hono();
  for (const forge of ['github', 'gitea'] as const) {
    const now = options.now ?? (() => new Date());
    const receiver = { forge, ...options.doors[forge], accept, now, budget };
    app.post(`/webhooks/${forge}`, async (context) => {
      const receipt = await answerInTime(receiveDelivery(context.req.raw, receiver), options.answerWithinMs);
      metrics.delivered(receipt.event, receipt.status);
      if (receipt.error !== undefined) log.error({ error: explain(receipt.error) }, 'storing a delivery');
      if (receipt.status === 503) context.header('Retry-After', '10');
      if (receipt.delivery && !receipt.known) tell(options, receipt.delivery);
      return context.json({ message: receipt.message }, receipt.status);
    });
    app.all(`/webhooks/${forge}`, (context) =>
      context.json({ message: 'Deliveries are POSTs.' }, 405, { Allow: 'POST' }),
    );
  }
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', async (context) => {
    const { ready, checks } = await readinessOf(store, options.readiness ?? {});
    return context.json({ status: ready ? 'ready' : 'not ready', checks }, ready ? 200 : 503);
  });
  app.get('/metrics', async (context) =>
    context.text(await metrics.expose(), 200, { 'Content-Type': metrics.contentType }),
  );
  for (const routes of options.routes ?? []) app.route('/', routes);
  app.notFound((context) => context.json({ message: 'There is nothing here.' }, 404));
  app.onError((error, context) => {
    log.error({ error: explain(error), path: context.req.path }, 'answering a request');
    return context.json({ message: 'This could not be answered now.' }, 503);
  });
  return app;
}

function tell({ onDelivery, log }: ServiceOptions, delivery: Delivery): void {
  const told = async () => {
    await onDelivery?.(delivery);
  };
  told().catch((error: unknown) => log.error({ error: explain(error), delivery: delivery.id }, 'after a delivery'));
}
