import { explain } from '../errors.ts';
import type { Forge } from '../forge/forge.ts';
import { claimDelivery, postponeDelivery, unhandledDeliveries } from '../store/deliveries.ts';
import { claimableRuns } from '../store/leases.ts';
import { dueTeardowns } from '../store/teardowns.ts';
import { watchQueue } from '../store/watch-queue.ts';
import { extendExpiry } from '../teardown/extend-expiry.ts';
import { handleDelivery } from './handle-delivery.ts';
import { type Player, playRun } from './play-run.ts';
import { tearDownDue } from './tear-down-due.ts';

export interface Work {
  player: Player;
  /** Null: no forge, hence no deliveries. */
  forge: Forge | null;
  /** Runs at the same time. */
  maxEnvironments: number;
  maxTtlMs: number;
}

const holdDeliveryMs = 60_000;
const deliveryRetryMs = [1_000, 5_000, 15_000, 60_000, 300_000];
const pollMs = 2_000;

/** Works deliveries, runs and teardowns until the signal aborts and everything under way has ended or was handed over. Never rejects. */
export async function workQueues(work: Work, signal: AbortSignal): Promise<void> {
  const { player } = work;
  const { store, stage } = player;
  const watch = (each: Omit<Parameters<typeof watchQueue>[1], 'pollMs'>) =>
    watchQueue(store, { ...each, pollMs }, signal, stage.log);
  await Promise.all([
    watch({
      queue: 'runs',
      pending: (now) => claimableRuns(store, now),
      handle: (id, stop) => playRun(player, id, stop),
      concurrency: work.maxEnvironments,
    }),
    watch({
      queue: 'teardowns',
      pending: async (now) => (await dueTeardowns(store, now)).map((due) => due.runId),
      handle: (id) => tearDownDue(player, id),
      concurrency: 4,
    }),
    watch({
      queue: 'deliveries',
      pending: async (now) => (work.forge === null ? [] : unhandledDeliveries(store, now)),
      handle: (id, stop) => workDelivery(work, id, stop),
      concurrency: 8,
      givesWay: true,
    }),
  ]);
}

/** What cannot be handled now is tried again later, with a pause that grows; no delivery is ever given up. */
async function workDelivery({ player, forge, maxTtlMs }: Work, id: string, signal: AbortSignal): Promise<void> {
  const { store, stage } = player;
  if (forge === null) return;
  const delivery = await store.transaction((tx) => claimDelivery(tx, id, holdDeliveryMs));
  if (delivery === null) return;
  try {
    const extend = (runId: string, until: Date) =>
      extendExpiry(stage.kubernetes, { instance: stage.instance, runId }, until);
    await handleDelivery({ store, forge, log: stage.log, maxTtlMs, extend }, delivery, signal);
  } catch (error) {
    const pauseMs = deliveryRetryMs[Math.min(delivery.attempts, deliveryRetryMs.length) - 1] ?? 1_000;
    stage.log.warn({ delivery: id, error: explain(error), pauseMs }, 'a delivery could not be handled yet');
    const retryAt = new Date((await store.now()).getTime() + pauseMs);
    await store.transaction((tx) => postponeDelivery(tx, id, retryAt, explain(error)));
  }
}
