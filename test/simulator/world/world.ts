import type { ChangeRef } from '../../../src/event/event.ts';
import type { Change, QueueEntry } from '../../../src/forge/forge.ts';
import type { Demand } from '../../../src/run/demand.ts';
import type { Tables } from '../../../src/store/tables.ts';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import type { History } from './history.ts';
import type { Weather } from './weather.ts';

export interface WorldOptions {
  seed: number;
  /** From 1 on; they are called `a`, `b`, `c`... */
  replicas: number;
  weather: Weather;
  /** What the cluster's nodes give. Default: room for some six environments. */
  capacity?: Demand;
  /** Lines of the replicas' logs, to find out what happened. */
  onLog?: (replica: string, line: string) => void;
}

/** What people do at the forge. Each happens at once, and its delivery goes out; changes are named by what `openChange` gave. */
export interface People {
  openChange(options?: OpenChange): ChangeRef;
  /** A new head. `config`: what the head's `greenroom.yaml` is from now on; by default it stays as it is. */
  push(change: ChangeRef, options?: { config?: ConfigFile }): string;
  /** The head is an older commit of the change again; nothing where there is none. */
  forcePushBack(change: ChangeRef): string;
  /** Another change with the same head commit. */
  sameHead(change: ChangeRef): ChangeRef;
  /** Between two base branches, to and fro. */
  editBase(change: ChangeRef): void;
  setDraft(change: ChangeRef, draft: boolean): void;
  close(change: ChangeRef): void;
  merge(change: ChangeRef): void;
  reopen(change: ChangeRef): void;
  /** Into the merge queue of its base; nothing where it cannot be merged. A push or a close takes it out. */
  enqueue(change: ChangeRef): void;
  /** Out of it; those behind it are built anew. */
  dequeue(change: ChangeRef): void;
  /** So many deliveries that mean nothing. */
  stormOfLabels(change: ChangeRef, deliveries: number): void;
  /** @returns the comment's id */
  comment(change: ChangeRef, body: string, by: 'writer' | 'stranger'): string;
  /** "Re-run" at one of our checks on the change's head. */
  rerequest(change: ChangeRef): void;
  /** A push that takes `greenroom.yaml` away from the head. */
  deleteConfig(change: ChangeRef): string;
}

export interface OpenChange {
  author?: string;
  draft?: boolean;
  /** From a fork: not trusted. */
  fork?: boolean;
  config?: ConfigFile;
}

/** `none`: there is no file. `small`: one service, one smoke suite. `two-suites`: with a load suite that is not required. */
export type ConfigFile = 'small' | 'two-suites' | 'broken' | 'none';

/** What strikes the replicas and their surroundings. */
export interface Misfortune {
  /** As kill -9; it starts again after so long, under the same name. */
  killReplica(name: string, restartAfterMs: number): void;
  /** As SIGSTOP, and SIGCONT after so long. */
  freezeReplica(name: string, forMs: number): void;
  /** As SIGTERM: it stops as it should, and starts again so long after its end. */
  drainReplica(name: string, restartAfterMs: number): void;
  /** Moves its wall clock. */
  jumpClock(name: string, byMs: number): void;
  forgeOutage(forMs: number): void;
  clusterOutage(forMs: number): void;
  databaseOutage(forMs: number): void;
}

export interface RunOptions {
  /** After each event, when all that followed from it is over: what it throws ends the run with it. */
  afterEach?: () => void;
  /** Stops also after so many events: any await may be the last one. */
  mostEvents?: number;
}

/** One Greenroom of several replicas and everything around it, on one virtual clock. One at a time in a process. */
export interface World extends People, Misfortune {
  readonly clock: VirtualClock;
  readonly history: History;
  readonly replicas: readonly string[];
  /** Lets so much time pass. @returns how many events there were */
  pass(ms: number, options?: RunOptions): Promise<number>;
  /**
   * The weather clears, outages end, who is frozen or dead is back; then time passes until nothing happens any more and
   * nothing is due.
   */
  settle(mostMs: number, options?: RunOptions): Promise<Settled>;
  /** Everything as it is now. Not to be called while an event is under way, except from `afterEach`. */
  snapshot(): Snapshot;
  /** Selected rows only, by SQL in SQLite's words, for checks after every step. */
  rows<T = Record<string, unknown>>(sql: string, ...parameters: (string | number | null)[]): T[];
  /** Gives this process its time back. */
  end(): void;
}

export interface Settled {
  isQuiet: boolean;
  /** What was still to happen when it is not quiet. */
  left: string[];
}

export interface Snapshot {
  atMs: number;
  changes: SimulatedChange[];
  queue: QueueEntry[];
  checks: SimulatedCheck[];
  comments: SimulatedComment[];
  namespaces: SimulatedNamespace[];
  /** Names of Pulumi's stacks. */
  stacks: string[];
  /** All rows, with columns as the database has them: instants in ms, json as text. */
  rows: { [Table in keyof Tables]: Record<string, unknown>[] };
}

export interface SimulatedChange extends Change {
  /** Every commit that was ever its head, oldest first. */
  heads: string[];
}

export interface SimulatedCheck {
  id: string;
  repository: string;
  sha: string;
  name: string;
  /** The run's id, as it was written with it last. */
  externalId: string;
  status: string;
  conclusion: string | null;
  title: string;
  /** How many it carries. */
  annotations: number;
  /** In the order in which they were created; the forge shows the last one of a name. */
  createdAtMs: number;
  updatedAtMs: number;
}

export interface SimulatedComment {
  id: string;
  change: ChangeRef;
  author: string;
  body: string;
  reactions: string[];
}

export interface SimulatedNamespace {
  name: string;
  uid: string;
  labels: Record<string, string>;
  runId: string;
  createdAtMs: number;
  /** Null while nobody deletes it. */
  terminatingSinceMs: number | null;
}
