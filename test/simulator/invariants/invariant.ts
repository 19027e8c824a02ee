import type { Demand } from '../../../src/run/demand.ts';
import type { HistoryEntry } from '../world/history.ts';
import type { Settled, Snapshot, World } from '../world/world.ts';
import type { Known } from './known.ts';

/** What must hold whatever happens. Allowed violations: none. */
export interface Invariant {
  name: string;
  /** The promise in one line. */
  promise: string;
  checked: 'after every step' | 'at quiescence' | 'after every step and at quiescence';
  watch: (watched: Watched) => Watch;
}

export interface Watched {
  world: World;
  known: Known;
  /** All that the cluster's nodes give. */
  capacity: Demand;
  /** Says that it does not hold. The same `subject` (a run, a change, a commit) is told once. */
  broken: (subject: string, detail: string) => void;
}

export interface Watch {
  /** Every entry of the world's history, when `known` has it already. */
  on?: (entry: HistoryEntry) => void;
  /** When everybody has had their time. */
  atEnd?: (snapshot: Snapshot, settled: Settled) => void;
}

export interface Violation {
  invariant: string;
  atMs: number;
  subject: string;
  detail: string;
}

export type Entry<Kind extends HistoryEntry['kind']> = Extract<HistoryEntry, { kind: Kind }>;
