import type { Violation } from './invariants/invariant.ts';
import type { Story } from './story/story.ts';

/** One world of many: what decides it, and nothing else does. */
export interface WorldTask {
  seed: number;
  index: number;
  lifecycles: number;
  stopAtFirst: boolean;
  /** Also looks for a smaller story that breaks the same invariant, in so many plays. */
  shrinkTries: number;
}

export interface WorldReport {
  task: WorldTask;
  violations: readonly Violation[];
  virtualMs: number;
  cpuMs: number;
  /** Most of this process so far. */
  peakBytes: number;
  smallest: { story: Story; seed: number; violations: readonly Violation[] } | null;
}

/** The seed of one world, far from those of its neighbours. */
export function seedOfWorld({ seed, index }: Pick<WorldTask, 'seed' | 'index'>): number {
  return (Math.imul(seed, 0x9e3779b1) + Math.imul(index, 0x85ebca6b)) >>> 0;
}
