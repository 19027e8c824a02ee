import { transition } from '../src/run/transition.ts';
import { claimRun } from '../src/store/leases.ts';
import { saveRun } from '../src/store/save-run.ts';
import type { Store } from '../src/store/store.ts';
import { type Figure, figureOf } from './figure.ts';
import { aQueuedRun } from './many-runs.ts';
import type { BenchStage } from './stage.ts';
import { onBothStores } from './stores.ts';

const phases = ['image', 'provisioning', 'testing', 'reporting'] as const;
const forMs = 5_000;
const atOnce = 8;

/** Run transitions a second: each is one saved row under its fence, eight players at the same time. Printed, not held to anything. */
export function measureTransitions(stage: BenchStage): Promise<Figure[]> {
  return onBothStores(stage, 'transitions', measureOn);
}

async function measureOn(store: Store, engine: string): Promise<Figure[]> {
  const begun = performance.now();
  const over = () => performance.now() - begun >= forMs;
  let saved = 0;
  let number = 0;
  const player = async () => {
    while (!over()) {
      const { id } = await aQueuedRun(store, ++number);
      const claimed = await store.transaction((tx) => claimRun(tx, id, 'bench'));
      if (claimed === null) throw new Error(`run ${id} cannot be claimed`);
      let run = claimed.run as Parameters<typeof saveRun>[1];
      for (const phase of phases) {
        run = transition(run, { kind: 'phase-started', phase, at: new Date().toISOString() });
        const now = run;
        await store.transaction((tx) => saveRun(tx, now, claimed.hold));
        saved += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, player));
  const value = saved / ((performance.now() - begun) / 1000);
  return [figureOf({ name: `run transitions (${engine})`, unit: '/s', value, most: Number.POSITIVE_INFINITY })];
}
