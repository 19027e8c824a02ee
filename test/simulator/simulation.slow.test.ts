import { expect, test } from 'vitest';
import { runSimulation } from './simulation-run.ts';
import { lifecyclesOfWorld } from './story/stories.ts';

/** `npm run test:long` plays 10,000. */
const lifecycles = 500;

test(`${lifecycles} lifecycles of a fixed seed keep every promise`, async () => {
  const worlds = Array.from({ length: lifecycles / lifecyclesOfWorld }, (_, index) => index);

  const totals = await runSimulation({ seed: 1, worlds, workers: 2, signal: AbortSignal.timeout(500_000) });

  const broken = totals.failures.flatMap(({ task, violations }) =>
    violations.map(
      (one) => `npm run simulate -- --seed ${task.seed} --world ${task.index}: ${one.invariant}: ${one.detail}`,
    ),
  );
  expect(broken).toEqual([]);
  expect(totals.lifecycles).toBe(lifecycles);
});
