import { randomBytes } from 'node:crypto';
import { openDemoChange } from '../src/cli/demo-change.ts';
import { type Figure, figureOf, median } from './figure.ts';
import type { BenchStage } from './stage.ts';

/** A pull request of the demo: from its delivery to the last edit of its comment, images built in between. */
export async function measureDemo(stage: BenchStage): Promise<Figure[]> {
  const { service, github } = await stage.demo();
  const seconds: number[] = [];
  for (let round = 0; round < stage.rounds; round++) {
    const repositoryName = `shop-${randomBytes(2).toString('hex')}`;
    const change = await openDemoChange(github, service, { breakName: null, repositoryName, signal: stage.signal });
    const run = await change.verdict(1);
    const { verdict, reason, phases } = run.document;
    const toldMs = change.toldAfterMs();
    await change.close();
    if (verdict !== 'passed' || toldMs === null) throw new Error(`the demo ended "${verdict}": ${reason}`);
    seconds.push(toldMs / 1000);
    const each = phases.map(({ name, durationMs }) => `${name} ${Math.round((durationMs ?? 0) / 100) / 10} s`);
    stage.say(`demo, round ${round + 1}: ${(toldMs / 1000).toFixed(1)} s (${each.join(', ')})`);
  }
  const value = median(seconds);
  return [figureOf({ name: 'warm demo, delivery to final comment', unit: 's', value, most: 75, rounds: seconds })];
}
