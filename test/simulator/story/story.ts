import type { ConfigFile } from '../world/world.ts';

/** What a person does to a change. */
export type Deed =
  | { kind: 'push'; config: ConfigFile | null }
  | { kind: 'force-push-back' }
  | { kind: 'delete-config' }
  | { kind: 'edit-base' }
  | { kind: 'draft'; draft: boolean }
  | { kind: 'close' }
  | { kind: 'merge' }
  | { kind: 'reopen' }
  /** Another change with the same head; every deed after it is done to either, as `to` says. */
  | { kind: 'twin' }
  | { kind: 'labels'; deliveries: number }
  | { kind: 'comment'; body: string; by: 'writer' | 'stranger' }
  | { kind: 'rerequest' }
  /** Into the merge queue of its base, or out of it. */
  | { kind: 'enqueue' }
  | { kind: 'dequeue' };

/** A deed, so long after the one before it. */
export interface Timed {
  afterMs: number;
  /** `twin` where there is one. */
  to: 'change' | 'twin';
  deed: Deed;
}

/** One change from its opening to what people do to it last. */
export interface Lifecycle {
  opensAtMs: number;
  author: string;
  draft: boolean;
  fork: boolean;
  config: ConfigFile;
  deeds: Timed[];
}

/** What strikes a replica or its surroundings; `replica` is counted around. */
export type Blow =
  | { kind: 'kill'; replica: number; restartAfterMs: number }
  | { kind: 'freeze'; replica: number; forMs: number }
  | { kind: 'drain'; replica: number; restartAfterMs: number }
  | { kind: 'jump-clock'; replica: number; byMs: number }
  | { kind: 'forge-outage' | 'cluster-outage' | 'database-outage'; forMs: number };

export interface Strike {
  atMs: number;
  /** So many events later: thus between any two awaits. */
  afterEvents: number;
  blow: Blow;
}

/** How much of each misfortune of `rough` there is: 0 none, 1 as there, 3 three times as often. */
export interface Roughness {
  deliveries: number;
  forge: number;
  store: number;
  wakeUps: number;
  cluster: number;
  provisioning: number;
  images: number;
  suites: number;
}

/** Everything that happens to one world from outside. With the seed of its weather it decides the world's whole course. */
export interface Story {
  replicas: number;
  roughness: Roughness;
  /** For how many environments of the usual size the cluster has room. */
  room: number;
  lifecycles: Lifecycle[];
  strikes: Strike[];
}
