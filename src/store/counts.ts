import { sql } from 'kysely';
import type { Reader } from './store.ts';

/** What the metrics and the readiness probe say about the store, in one query. */
export interface Counts {
  unhandledDeliveries: number;
  /** Seconds that the oldest delivery nobody has handled has waited; 0 without one. */
  oldestDeliverySeconds: number;
  queuedRuns: number;
  liveRuns: number;
  /** Environments that are promised a teardown and have no receipt that says gone. */
  environments: number;
  dueTeardowns: number;
  blockedTeardowns: number;
  /** Seconds since the first attempt failed at the one that is blocked the longest; 0 without one. */
  oldestBlockedSeconds: number;
  /** At teardowns that are not done, together. */
  teardownAttempts: number;
}

type CountName = Exclude<keyof Counts, 'oldestDeliverySeconds' | 'oldestBlockedSeconds'>;
type Oldest = Record<'oldestDelivery' | 'oldestBlocked', Date | null>;

export async function countAll(reader: Reader, now: Date): Promise<Counts> {
  const { rows } = await sql<Record<CountName, number | string> & Oldest>`
    select
      (select count(*) from greenroom.deliveries where handled_at is null) as "unhandledDeliveries",
      (select accepted_at from greenroom.deliveries where handled_at is null
         order by accepted_at limit 1) as "oldestDelivery",
      (select count(*) from greenroom.runs where phase = 'queued') as "queuedRuns",
      (select count(*) from greenroom.runs where phase <> 'done') as "liveRuns",
      (select count(*) from greenroom.teardowns where state <> 'gone') as "environments",
      (select count(*) from greenroom.teardowns where state <> 'gone' and due_at <= ${now}) as "dueTeardowns",
      (select count(*) from greenroom.teardowns where state = 'blocked') as "blockedTeardowns",
      (select blocked_since from greenroom.teardowns where blocked_since is not null
         order by blocked_since limit 1) as "oldestBlocked",
      (select coalesce(sum(attempts), 0) from greenroom.teardowns where state <> 'gone') as "teardownAttempts"
  `.execute(reader.db);
  const row = rows[0];
  return {
    unhandledDeliveries: Number(row?.unhandledDeliveries),
    oldestDeliverySeconds: secondsSince(row?.oldestDelivery, now),
    queuedRuns: Number(row?.queuedRuns),
    liveRuns: Number(row?.liveRuns),
    environments: Number(row?.environments),
    dueTeardowns: Number(row?.dueTeardowns),
    blockedTeardowns: Number(row?.blockedTeardowns),
    oldestBlockedSeconds: secondsSince(row?.oldestBlocked, now),
    teardownAttempts: Number(row?.teardownAttempts),
  };
}

function secondsSince(at: Date | null | undefined, now: Date): number {
  return at ? Math.max(0, now.getTime() - at.getTime()) / 1000 : 0;
}
