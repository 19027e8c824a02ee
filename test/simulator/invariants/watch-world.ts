import type { Demand } from '../../../src/run/demand.ts';
import type { Settled, World } from '../world/world.ts';
import type { Violation } from './invariant.ts';
import { invariants } from './invariants.ts';
import { Known } from './known.ts';

export interface Watching {
  /** After each event: what the history says anew goes to every invariant. */
  step: () => void;
  end: (settled: Settled) => void;
  violations: readonly Violation[];
}

/** Nobody reads more of one world. */
const mostViolations = 50;

/** Holds the invariants against one world while it goes on. */
export function watchWorld(world: World, capacity: Demand): Watching {
  const known = new Known();
  const violations: Violation[] = [];
  const told = new Set<string>();
  const brokenOf = (invariant: string) => (subject: string, detail: string) => {
    const key = `${invariant} ${subject}`;
    if (told.has(key) || told.size >= mostViolations) return;
    told.add(key);
    violations.push({ invariant, atMs: world.clock.nowMs, subject, detail });
  };
  const watches = invariants.map(({ name, watch }) => watch({ world, known, capacity, broken: brokenOf(name) }));
  const hearing = watches.flatMap(({ on }) => on ?? []);
  let next = 0;
  return {
    violations,
    step: () => {
      const { entries } = world.history;
      for (; next < entries.length; next++) {
        const entry = entries[next];
        if (entry === undefined) return;
        known.see(entry);
        for (const on of hearing) on(entry);
      }
    },
    end: (settled) => {
      const snapshot = world.snapshot();
      for (const { atEnd } of watches) atEnd?.(snapshot, settled);
    },
  };
}
