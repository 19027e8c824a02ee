import type { Demand } from '../run/demand.ts';
import type { CancelReason } from '../run/run.ts';
import type { Acts } from './acts.ts';
import type { Lease } from './lease.ts';
import type { ChangeFacts } from './read-plan.ts';
import type { Recorder } from './recorder.ts';
import type { Source } from './source.ts';
import type { Stage } from './stage.ts';

/** One run being played. */
export interface Performance {
  stage: Stage;
  acts: Acts;
  recorder: Recorder;
  /** Asked before each outside effect. */
  lease: Lease;
  source: Source;
  /** Null for a working tree. */
  change: ChangeFacts | null;
  /** Required suites that have passed on this very commit before: leaving them out leaves nothing unknown. */
  passedBefore: readonly string[];
  /** Whoever reads the run's log has its lines until then (ISO); null when there are none. */
  heardUntil: string | null;
  /** Promises the teardown for so long from now, as far as the operator allows, before anything exists. */
  expireAfter: (ms: number) => Promise<Date>;
  /** Promises a verdict within so long from now. */
  endWithin: (ms: number) => Promise<void>;
  /** Reserves room in the cluster, from now to the receipt; false: there is none yet, and the run was given back to wait. */
  admit: (demand: Demand) => Promise<boolean>;
  /** Aborted by a cancellation or a lost lease; its reason is an `EndedEarly` or a RunError. */
  signal: AbortSignal;
}

/** Why a run's signal was aborted, when somebody wanted it to end. */
export class EndedEarly extends Error {
  readonly reason: CancelReason;

  constructor(reason: CancelReason) {
    super(`ended early: ${reason}`);
    this.name = 'EndedEarly';
    this.reason = reason;
  }
}

/** Thrown out of a run that waits for room: whoever plays it when its turn comes begins anew. */
export class AwaitingRoom extends Error {
  constructor() {
    super('the run waits for room in the cluster');
    this.name = 'AwaitingRoom';
  }
}

/** Thrown out of a run that its player left where nobody can go on: a fresh one takes its place. */
export class LeftBehind extends Error {
  constructor() {
    super('what the last player left cannot be gone on with');
    this.name = 'LeftBehind';
  }
}

/** Thrown into a run when the service stops: the run is given back, and the next start goes on from there. */
export class Draining extends Error {
  constructor() {
    super('Greenroom stops; the run is handed over');
    this.name = 'Draining';
  }
}
