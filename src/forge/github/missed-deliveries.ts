/** One attempt of GitHub to deliver, as its deliveries API lists it. */
export interface DeliveryAttempt {
  /** Text: GitHub's numbers are longer than a JSON number of ours. */
  id: string;
  /** `X-GitHub-Delivery`, the same for every attempt. */
  guid: string;
  event: string;
  /** Milliseconds since 1970. */
  at: number;
  statusCode: number;
  /** `OK`, or what went wrong. */
  said: string;
  seconds: number;
}

/** How long GitHub keeps a delivery; an Enterprise Server does so longer. */
export const keptForMs = 3 * 24 * 3_600_000;

/** After the n-th attempt in vain. A secret that is wrong for days is not worth more than these. */
const pausesMs = [60_000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000, 8 * 3_600_000];

/** What no look at the forge can make good: words and presses of people. All else is found by reconciling as well. */
const unrepeatable = new Set(['issue_comment', 'check_run', 'check_suite']);

/**
 * Attempts to ask for again, one for each delivery that failed every time and that we have not accepted: those first that nothing
 * else makes good, then the oldest. PURE.
 * @param accepted guids that are written down, whatever GitHub saw of our answer
 */
export function missedDeliveries(
  attempts: readonly DeliveryAttempt[],
  accepted: ReadonlySet<string>,
  now: number,
): DeliveryAttempt[] {
  const missed: { newest: DeliveryAttempt; first: number }[] = [];
  for (const each of Map.groupBy(attempts, ({ guid }) => guid).values()) {
    const ordered = each.toSorted((one, other) => one.at - other.at);
    const newest = ordered.at(-1);
    const [first] = ordered;
    if (!newest || !first || accepted.has(newest.guid) || ordered.some(isDelivered)) continue;
    const pause = pausesMs[ordered.length - 1];
    if (pause !== undefined && newest.at + pause <= now && first.at + keptForMs > now)
      missed.push({ newest, first: first.at });
  }
  const rank = ({ newest, first }: (typeof missed)[number]) => (unrepeatable.has(newest.event) ? 0 : now) + first;
  return missed.toSorted((one, other) => rank(one) - rank(other)).map(({ newest }) => newest);
}

export function isDelivered({ statusCode }: DeliveryAttempt): boolean {
  return statusCode >= 200 && statusCode < 300;
}
