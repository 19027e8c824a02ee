import { type Figure, figureOf, median } from './figure.ts';
import type { BenchStage } from './stage.ts';
import { suiteRounds } from './suite-rounds.ts';

/** All three from one `go` to the last result, over the slowest of them alone. */
export async function measureSuitesInParallel(stage: BenchStage): Promise<Figure[]> {
  const rounds = await suiteRounds(stage);
  const seconds = rounds.map(({ together }) => together / 1000);
  const floor = median(rounds.map(({ alone }) => Math.max(...Object.values(alone)) / 1000));
  return [
    figureOf({
      name: 'three suites in parallel',
      unit: 's',
      value: median(seconds),
      floor,
      most: 1.3,
      rounds: seconds,
    }),
  ];
}
