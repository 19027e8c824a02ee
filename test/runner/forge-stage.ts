import type { ForgeEvent } from '../../src/event/event.ts';
import type { Forge } from '../../src/forge/forge.ts';
import { silentLog } from '../../src/log.ts';
import type { Run } from '../../src/run/run.ts';
import { realActs } from '../../src/runner/acts.ts';
import { type ForgePublishing, forgePublisher } from '../../src/runner/forge-publisher.ts';
import { handleDelivery } from '../../src/runner/handle-delivery.ts';
import { type EventHandling, handleEvent } from '../../src/runner/handle-event.ts';
import { Lease } from '../../src/runner/lease.ts';
import { performRun } from '../../src/runner/perform-run.ts';
import type { Player } from '../../src/runner/play-run.ts';
import { type Reconciling, reconcile } from '../../src/runner/reconcile.ts';
import { Recorder } from '../../src/runner/recorder.ts';
import { openAtForge } from '../../src/runner/source.ts';
import type { Stage } from '../../src/runner/stage.ts';
import { checksVerifier } from '../../src/runner/verify-checks.ts';
import { claimDelivery, unhandledDeliveries } from '../../src/store/deliveries.ts';
import { claimRun, releaseRun } from '../../src/store/leases.ts';
import type { Store } from '../../src/store/store.ts';
import { createService } from '../../src/webhook/app.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';
import { serve } from '../../src/webhook/serve.ts';
import { noSignal, type StandInFixture, startFixture } from '../forge/stand-in-fixture.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';
import { gitHubAlone } from '../webhook/doors.ts';
import { unreachableStage } from './unreachable-stage.ts';

const log = silentLog();
const publicUrl = 'http://greenroom.test';

/** A Greenroom that takes deliveries from the stand-in and decides on them, on a stage where nobody answers. */
export interface ForgeStage {
  fixture: StandInFixture;
  forge: Forge;
  store: Store;
  events: EventHandling;
  player: Player;
  webhookUrl: string;
  /** Takes deliveries again, or lets them get lost. */
  listen(isListening: boolean): void;
  /** Handles one event, whoever tells of it. */
  handle(event: ForgeEvent): Promise<void>;
  /** Handles everything that was accepted, as the queue would. */
  handled(order?: 'oldest first' | 'newest first'): Promise<void>;
  reconciling(of?: EventHandling): Reconciling;
  /** One round of reconciling. */
  round(of?: EventHandling): Promise<void>;
  /** Plays a run to its verdict and says it. */
  perform(runId: string | undefined): Promise<Run>;
  close(): Promise<void>;
}

/** Plays what needs no cluster. */
export function aPlayer({ stage, store, forge, log, publicUrl }: ForgePublishing & { stage: Stage }): Player {
  return {
    stage,
    acts: realActs,
    stacks: { clear: async () => ({ ok: true, detail: '' }), names: async () => [] },
    store,
    owner: 'a-test',
    open: (run, signal) => openAtForge(forge, run, signal),
    room: () => Promise.reject(new Error('nobody asks for room here')),
    publish: forgePublisher({ store, forge, log, publicUrl }),
  };
}

export async function openForgeStage(): Promise<ForgeStage> {
  const fixture = await startFixture();
  const { github } = fixture;
  const forge = fixture.forgeWith();
  const store = await openEmbeddedStore({ log, wakeUps: 'none' });
  const stage = await unreachableStage(fixture.folder);
  const events = { store, forge, log, maxTtlMs: 3_600_000 * 8, bell: stage.bell, extend: async () => undefined };
  const player = aPlayer({ stage, store, forge, log, publicUrl });
  const metrics = createMetrics(store);
  const app = createService({ store, log, metrics, doors: gitHubAlone([github.webhookSecret]) });
  const service = await serve(app, { host: '127.0.0.1', port: 0 });
  const webhookUrl = `${service.url}/webhooks/github`;
  const verifyChecks = checksVerifier({ store, forge, publicUrl });
  const reconciling = (of: EventHandling = events) => ({ player, events: of, verifyChecks, onRepair: () => undefined });
  return {
    fixture,
    forge,
    store,
    events,
    player,
    webhookUrl,
    listen: (isListening) => github.setWebhookUrl(isListening ? webhookUrl : null),
    handle: (event) => handleEvent(events, event, async () => true, noSignal),
    async handled(order = 'oldest first') {
      await github.settled();
      const ids = await unhandledDeliveries(store, new Date());
      for (const id of order === 'newest first' ? ids.toReversed() : ids) {
        const delivery = await store.transaction((tx) => claimDelivery(tx, id, 60_000));
        if (delivery !== null) await handleDelivery(events, delivery, noSignal);
      }
    },
    reconciling,
    round: (of) => reconcile(reconciling(of), noSignal),
    perform: (runId) => perform(player, forge, runId ?? ''),
    async close() {
      await service.close();
      await store.close();
      await fixture.stop();
    },
  };
}

async function perform({ stage, store, publish }: Player, forge: Forge, runId: string): Promise<Run> {
  const claimed = await store.transaction((tx) => claimRun(tx, runId, 'a-test'));
  const opened = claimed && (await openAtForge(forge, claimed.run, noSignal));
  if (!opened) throw new Error('there is no run to play');
  const run = await performRun({
    acts: realActs,
    lease: new Lease(claimed.hold, performance.now()),
    stage,
    recorder: new Recorder({ store, ...claimed, now: () => new Date(), onUpdate: () => undefined }),
    source: opened.source,
    change: opened.change && { ...opened.change, approved: false },
    passedBefore: [],
    heardUntil: null,
    endWithin: async () => undefined,
    expireAfter: async (ms) => new Date(Date.now() + ms),
    admit: async () => true,
    signal: noSignal,
  });
  await publish(run, { final: true });
  await store.transaction((tx) => releaseRun(tx, claimed.hold));
  return run;
}
