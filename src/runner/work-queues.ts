import { explain, RunError } from '../errors.ts';
import { claimDelivery, postponeDelivery, unhandledDeliveries } from '../store/deliveries.ts';
import { claimableRuns } from '../store/leases.ts';
import { dueTeardowns } from '../store/teardowns.ts';
import { watchQueue } from '../store/watch-queue.ts';
import { AdmissionDesk } from './admission-desk.ts';
import { handleDelivery } from './handle-delivery.ts';
import type { EventHandling } from './handle-event.ts';
import { type Player, playRun } from './play-run.ts';
import { tearDownDue } from './tear-down-due.ts';

export interface Work {
  player: Player;
  /** Null: no forge, hence no deliveries. */
  events: EventHandling | null;
  /** Runs at the same time. */
  maxEnvironments: number;
}

const holdDeliveryMs = 60_000;
const deliveryRetryMs = [1_000, 5_000, 15_000, 60_000, 300_000];
/** After these, some 20 s, a change that the forge does not find is not there. Attempts that failed otherwise do not count. */
const refusalsDoubted = 3;
const pollMs = 2_000;
const sizedAtOnce = 4;

/** Works deliveries, runs and teardowns until the signal aborts and everything under way has ended or was handed over. Never rejects. */
export async function workQueues(work: Work, signal: AbortSignal): Promise<void> {
  const { player } = work;
  const { store, stage } = player;
  const watch = (each: Omit<Parameters<typeof watchQueue>[1], 'pollMs'>) =>
    watchQueue(store, { ...each, pollMs }, signal, stage.log);
  const desk = new AdmissionDesk(player);
  await Promise.all([
    watch({
      queue: 'admission',
      pending: (now) => desk.pending(now),
      handle: (_, stop) => desk.decide(stop),
      concurrency: 1,
    }),
    watch({
      queue: 'runs',
      pending: (now) => claimableRuns(store, now),
      handle: (id, stop) => playRun(player, id, stop),
      // Those at work, and some whose demand is being found out.
      concurrency: work.maxEnvironments + sizedAtOnce,
    }),
    watch({
      queue: 'teardowns',
      pending: async (now) => (await dueTeardowns(store, now)).map((due) => due.runId),
      handle: (id) => tearDownDue(player, id),
      concurrency: 4,
    }),
    watch({
      queue: 'deliveries',
      pending: async (now) => (work.events === null ? [] : unhandledDeliveries(store, now)),
      handle: (id, stop) => workDelivery(work, id, stop),
      concurrency: 8,
      givesWay: true,
    }),
  ]);
}

/** What cannot be handled now is tried again later, with a pause that grows; no delivery is ever given up. */
async function workDelivery({ player, events }: Work, id: string, signal: AbortSignal): Promise<void> {
  const { store, stage } = player;
  if (events === null) return;
  const delivery = await store.transaction((tx) => claimDelivery(tx, id, holdDeliveryMs));
  if (delivery === null) return;
  try {
    const believesRefusals = delivery.refusals >= refusalsDoubted;
    await handleDelivery({ ...events, believesRefusals }, delivery, signal);
  } catch (error) {
    const pauseMs = deliveryRetryMs[Math.min(delivery.attempts, deliveryRetryMs.length) - 1] ?? 1_000;
    stage.log.warn({ delivery: id, error: explain(error), pauseMs }, 'a delivery could not be handled yet');
    const retryAt = new Date((await store.now()).getTime() + pauseMs);
    const isRefusal = error instanceof RunError && error.remedy === 'fix-input';
    await store.transaction((tx) => postponeDelivery(tx, id, { retryAt, reason: explain(error), isRefusal }));
  }
}
