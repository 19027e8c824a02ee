import { expect } from 'vitest';
import type { ChangeRef, Delivery, ForgeEvent } from '../../../src/event/event.ts';
import type { CheckReport, Forge } from '../../../src/forge/forge.ts';
import { silentLog } from '../../../src/log.ts';
import type { Store } from '../../../src/store/store.ts';
import { createService } from '../../../src/webhook/app.ts';
import { createMetrics } from '../../../src/webhook/metrics.ts';
import { serve } from '../../../src/webhook/serve.ts';
import { openEmbeddedStore } from '../../store/embedded-store.ts';
import { Clone, type ForgeWorld, type WorldRepository } from '../forge-world.ts';

/** A forge with a shop in it, and our service that its deliveries reach. */
export interface ContractStage {
  world: ForgeWorld;
  forge: Forge;
  store: Store;
  shop: WorldRepository;
  /** Olivia's clone of the shop. */
  olivia: Clone;
  /** Everything that was accepted. */
  received: readonly Delivery[];
  /** Olivia pushes a branch and proposes it. */
  openChange(branch: string, files?: Record<string, string>): Promise<OpenedChange>;
  /** What was delivered about a change, without what nothing follows from. */
  heardOf(ref: ChangeRef): ForgeEvent[];
  /** Resolves when this was delivered about a change: forges deliver when they come to it, not always in order. */
  hears(ref: ChangeRef, event: Partial<ForgeEvent>): Promise<void>;
  stop(): Promise<void>;
}

export interface OpenedChange {
  ref: ChangeRef;
  number: number;
  headSha: string;
}

export const noSignal = new AbortController().signal;
export const long = 'line\n'.repeat(40);
const shopFiles = {
  'greenroom.yaml': 'version: 1\n',
  'web/index.html': '<h1>Shop</h1>\n',
  'docs/old.md': long,
  'docs/deep/er/note.md': 'deep\n',
};

export async function openStage(startWorld: () => Promise<ForgeWorld>): Promise<ContractStage> {
  const world = await startWorld();
  const received: Delivery[] = [];
  const store = await openEmbeddedStore({ log: silentLog(), wakeUps: 'none' });
  const shut = { secrets: [], parseDelivery: world.door.parseDelivery };
  const app = createService({
    store,
    log: silentLog(),
    metrics: createMetrics(store),
    // Only its own one is open.
    doors: { github: shut, gitea: shut, [world.forgeName]: world.door },
    onDelivery: (delivery) => {
      received.push(delivery);
    },
  });
  const served = await serve(app, { host: '127.0.0.1', port: 0 });
  await world.deliverTo(served.url);
  const shop = await world.createRepository('shop', shopFiles);
  const olivia = await Clone.of(shop, 'olivia');
  const heardOf = ({ repository, number }: ChangeRef) =>
    received
      .map(({ event }) => event)
      .filter(
        (event) => 'change' in event && event.change?.repository === repository && event.change.number === number,
      );
  return {
    world,
    forge: world.forge,
    store,
    shop,
    olivia,
    received,
    heardOf,
    async openChange(branch, files = { [`${branch}.txt`]: branch }) {
      const headSha = await olivia.pushNew(branch, files);
      const number = await shop.open({ title: `Change ${branch}`, by: 'olivia', head: branch });
      return { ref: { repository: shop.name, number }, number, headSha };
    },
    async hears(ref, event) {
      await expect
        .poll(() => heardOf(ref), { timeout: 60_000, interval: 50 })
        .toContainEqual(expect.objectContaining(event));
    },
    async stop() {
      await olivia.remove();
      await served.close();
      await store.close();
      await world.stop();
    },
  };
}

export function aCheck(headSha: string, overrides: Partial<CheckReport> = {}): CheckReport {
  return {
    name: 'greenroom',
    headSha,
    externalId: 'run-1',
    detailsUrl: 'https://greenroom.example.com/runs/run-1',
    status: 'in_progress',
    conclusion: null,
    startedAt: '2026-11-21T12:00:00.000Z',
    completedAt: null,
    title: 'Testing',
    summary: 'Three suites are under way.',
    text: null,
    annotations: [],
    ...overrides,
  };
}
