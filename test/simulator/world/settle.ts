import type { Fleet } from './fleet.ts';
import type { Surroundings } from './surroundings.ts';
import type { Weather } from './weather.ts';
import type { Webhook } from './webhook.ts';
import type { RunOptions, Settled } from './world.ts';

export interface Settling {
  around: Surroundings;
  fleet: Fleet;
  webhook: Webhook;
  pass: (ms: number, options?: RunOptions) => Promise<number>;
  calm: Weather;
}

const lookEveryMs = 10_000;
/** Longer than two rounds of reconciling and the time that it leaves to a player for its word (90 s), together. */
const quietForMs = 220_000;

/** Whatever was to be repaired is repaired, or never will be. */
export async function settle(settling: Settling, mostMs: number, options: RunOptions = {}): Promise<Settled> {
  const { around, fleet, pass } = settling;
  const { clock, away } = around;
  around.weather = settling.calm;
  for (const part of ['forge', 'cluster', 'database'] as const) away[part] = clock.nowMs;
  fleet.thawAll();
  const endMs = clock.nowMs + mostMs;
  let quietSince = clock.nowMs;
  let seen = around.history.deeds;
  while (clock.nowMs < endMs) {
    await pass(lookEveryMs, options);
    const { deeds } = around.history;
    if (deeds > seen || leftOf(settling).length > 0) quietSince = clock.nowMs;
    seen = deeds;
    if (clock.nowMs - quietSince >= quietForMs) return { isQuiet: true, left: [] };
  }
  return { isQuiet: false, left: leftOf(settling) };
}

function leftOf({ around: { database, clock }, fleet, webhook }: Settling): string[] {
  const now = clock.wallMs('database');
  const ids = (what: string, sql: string, ...parameters: number[]) =>
    database.peek(sql, parameters).map(({ id }) => `${what} ${id}`);
  return [
    ...ids('run', `select id from runs where phase <> 'done'`),
    ...ids(
      'teardown',
      `select run_id as id from teardowns where state <> 'gone' and (state <> 'kept' or due_at <= ?)`,
      now,
    ),
    ...ids('delivery', 'select id from deliveries where handled_at is null'),
    ...(webhook.pending > 0 ? [`${webhook.pending} deliveries on their way`] : []),
    ...(fleet.areAllUp ? [] : ['replicas that are not up']),
    ...(fleet.children.count > 0 ? [`${fleet.children.count} child processes`] : []),
  ];
}
