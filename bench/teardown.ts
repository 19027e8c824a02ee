import { environmentRounds } from './environment-rounds.ts';
import { type Figure, figureOf, median } from './figure.ts';
import type { BenchStage } from './stage.ts';

/** Teardown until the receipt, over `kubectl delete namespace` of the same content. */
export async function measureTeardown(stage: BenchStage): Promise<Figure[]> {
  const rounds = await environmentRounds(stage);
  const seconds = rounds.map(({ gone }) => gone.ours / 1000);
  const floor = median(rounds.map(({ gone }) => gone.kubectl / 1000));
  return [
    figureOf({ name: 'teardown to receipt', unit: 's', value: median(seconds), floor, most: 1.2, rounds: seconds }),
  ];
}
