import { environmentRounds } from './environment-rounds.ts';
import { type Figure, figureOf, median } from './figure.ts';
import type { BenchStage } from './stage.ts';

/** Our `up` until the URL answers, over `kubectl apply` and rollout of the same objects. */
export async function measureEnvironmentReady(stage: BenchStage): Promise<Figure[]> {
  const rounds = await environmentRounds(stage);
  const seconds = rounds.map(({ ready }) => ready.ours / 1000);
  const floor = median(rounds.map(({ ready }) => ready.kubectl / 1000));
  return [
    figureOf({ name: 'environment ready', unit: 's', value: median(seconds), floor, most: 2.5, rounds: seconds }),
  ];
}
