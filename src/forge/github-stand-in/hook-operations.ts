import { GitHubRefusal } from './authenticate.ts';
import type { Deliveries, DeliveryRecord } from './deliveries.ts';
import type { Call, Operation } from './operation.ts';

const keptForMs = 3 * 24 * 3_600_000;
const defaultPerPage = 30;

/** The App's one webhook: where it goes, what became of each delivery, and "once more, please". */
export function hookOperations(of: { deliveries: Deliveries | null }): Operation[] {
  const all = (): Deliveries => {
    if (of.deliveries === null) throw new Error('the stand-in has not started yet');
    return of.deliveries;
  };
  return [
    {
      name: 'GET /app/hook/config',
      for: 'app',
      permissions: [],
      answer: () => ({
        status: 200,
        body: { content_type: 'json', insecure_ssl: '0', secret: '********', url: all().url ?? '' },
      }),
    },
    {
      name: 'GET /app/hook/deliveries',
      for: 'app',
      permissions: [],
      answer(call) {
        const { items, headers } = pageFrom(call, newestFirst(call, all()));
        return { status: 200, headers, body: items.map(representDelivery) };
      },
    },
    {
      name: 'POST /app/hook/deliveries/{delivery_id}/attempts',
      for: 'app',
      permissions: [],
      answer(call) {
        const record = newestFirst(call, all()).find(({ id }) => id === call.params.delivery_id);
        if (!record) throw new GitHubRefusal(404, 'Not Found');
        // It is answered before it is done.
        void all().redeliver(record.guid);
        return { status: 202, body: {} };
      },
    },
  ];
}

function newestFirst({ world, query }: Call, { records }: Deliveries): DeliveryRecord[] {
  const since = world.now().getTime() - keptForMs;
  return records
    .filter(({ deliveredAt }) => Date.parse(deliveredAt) >= since)
    .filter(({ statusCode }) => query.status === undefined || codeOf(statusCode) < 400 === (query.status === 'success'))
    .toReversed();
}

/** By cursor, not by number: new ones come in at the top. */
function pageFrom({ query, url }: Call, all: DeliveryRecord[]) {
  const size = Math.min(100, Math.max(1, Number(query.per_page ?? defaultPerPage)));
  const start = query.cursor === undefined ? 0 : all.findIndex(({ id }) => `v1_${id}` === query.cursor);
  if (start < 0) throw new GitHubRefusal(422, 'Invalid cursor');
  const next = all[start + size];
  const address = new URL(url);
  if (next) address.searchParams.set('cursor', `v1_${next.id}`);
  const headers: Record<string, string> = next ? { link: `<${address.href}>; rel="next"` } : {};
  return { items: all.slice(start, start + size), headers };
}

/** What GitHub writes where nobody answered. */
function codeOf(statusCode: number | null): number {
  return statusCode ?? 502;
}

/** A number as it is written, however long: most readers of JSON would round it. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

function representDelivery(record: DeliveryRecord) {
  const code = codeOf(record.statusCode);
  const { installation, repository } = JSON.parse(record.body) as Record<string, { id: number } | undefined>;
  return {
    id: rawJSON(record.id),
    guid: record.guid,
    delivered_at: record.deliveredAt,
    redelivery: record.redelivery,
    duration: record.durationMs / 1000,
    status: record.error ?? (code < 400 ? 'OK' : `Invalid HTTP Response: ${code}`),
    status_code: code,
    event: record.event,
    action: record.action,
    installation_id: installation?.id ?? null,
    repository_id: repository?.id ?? null,
    throttled_at: null,
  };
}
