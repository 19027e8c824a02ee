import type { VirtualClock } from '../clock/virtual-clock.ts';
import type { SimulatedDatabase } from '../store/simulated-database.ts';
import type { ClusterServer } from './cluster-server.ts';
import type { Dice } from './dice.ts';
import type { ForgeServer } from './forge-server.ts';
import type { Happening, History, Right } from './history.ts';
import type { Weather } from './weather.ts';

/** What all replicas of a world share. */
export interface Surroundings {
  readonly clock: VirtualClock;
  readonly history: History;
  readonly database: SimulatedDatabase;
  readonly forge: ForgeServer;
  readonly cluster: ClusterServer;
  /** Names of Pulumi's stacks, wherever its state is kept. */
  readonly stacks: Set<string>;
  /** Changes when it clears. */
  weather: Weather;
  /** By the clock's time: until when each is away altogether. */
  readonly away: { forge: number; cluster: number; database: number };
  dice(part: string): Dice;
  /** Numbers acts. */
  nextNumber(): number;
  /** The instance's name on labels. */
  readonly instance: string;
  /** @param holder a player's `owner` */
  rightOn(runId: string, holder: string): Right;
  runOf(runId: string): { changeId: string; generation: number } | undefined;
  /** As SIGSTOP, and SIGCONT after so long. */
  freeze(name: string, forMs: number): void;
}

/** Somebody who acts: a replica since its last start. */
export interface Actor {
  /** On the clock and in the history. */
  name: string;
  /** In the rows. */
  holder: string;
}

export function tell({ history }: Surroundings, { name }: Actor, happening: Happening): void {
  history.add(name, happening);
}
