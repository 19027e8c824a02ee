/** How often, from 0 (never) to 1 (always). */
export type Rate = number;
/** Milliseconds of virtual time, from least to most. */
export type Span = readonly [leastMs: number, mostMs: number];

/** Everything that goes wrong by itself. What happens at a certain instant (a crash, an outage) is the story's, see `World`. */
export interface Weather {
  deliveries: {
    dropped: Rate;
    /** The same id again, soon after. */
    duplicated: Rate;
    /** Captured and sent again later, under another id. */
    replayed: Rate;
    /** One that says what is not so, for a change that is there. */
    forged: Rate;
    /** Each takes its own time, so that they come out of order. */
    latencyMs: Span;
    delayed: Rate;
    delayMs: Span;
  };
  forge: {
    latencyMs: Span;
    /** A 5xx, and nothing was done. */
    unavailable: Rate;
    /** 403, secondary limit: refuses this client for a minute. */
    limited: Rate;
    /** A 404 for what is there. */
    notFound: Rate;
    /** No answer in time, and nothing was done. */
    lostBefore: Rate;
    /** No answer in time, but it was done. */
    lostAfter: Rate;
  };
  store: {
    latencyMs: Span;
    serialization: Rate;
    /** The connection is lost, and nothing was committed. */
    lostBefore: Rate;
    /** The connection is lost, but it was committed. */
    lostAfter: Rate;
    /** The whole replica stands still in the instant of the answer to what it committed, as in a long pause of its machine. */
    frozenAfter: Rate;
    frozenMs: Span;
  };
  /** Jobs of the queue; the polls of the rows go on. */
  wakeUps: { lost: Rate; doubled: Rate };
  cluster: {
    latencyMs: Span;
    /** No connection. */
    unreachable: Rate;
    /** No answer in time, but it was done. */
    lostAfter: Rate;
    terminatingMs: Span;
    /** A namespace that takes much longer, as `stuckMs` says. */
    stuck: Rate;
    stuckMs: Span;
  };
  /** For each environment one of these at most; the rest goes well. */
  provisioning: {
    /** Each of some ten steps. */
    stepMs: Span;
    /** Every step ten times as long. */
    slow: Rate;
    /** Stops somewhere and says nothing any more. */
    hanging: Rate;
    /** The child process dies somewhere. */
    halfDone: Rate;
    /** The application does not get ready: the change's own fault. */
    notReady: Rate;
    /** A create that was on its way when its sender ended arrives nevertheless, after `lateMs`. */
    landsLate: Rate;
    lateMs: Span;
  };
  images: {
    /** After the push of the commit. */
    pushedAfterMs: Span;
    missing: Rate;
  };
  /** For each suite. */
  suites: { durationMs: Span; red: Rate; hanging: Rate; lost: Rate };
}

/** Nothing goes wrong, and everything takes its usual time. */
export const calm: Weather = {
  deliveries: {
    dropped: 0,
    duplicated: 0,
    replayed: 0,
    forged: 0,
    latencyMs: [50, 900],
    delayed: 0,
    delayMs: [2_000, 120_000],
  },
  forge: { latencyMs: [20, 400], unavailable: 0, limited: 0, notFound: 0, lostBefore: 0, lostAfter: 0 },
  store: {
    latencyMs: [1, 4],
    serialization: 0,
    lostBefore: 0,
    lostAfter: 0,
    frozenAfter: 0,
    frozenMs: [3_000, 30_000],
  },
  wakeUps: { lost: 0, doubled: 0 },
  cluster: {
    latencyMs: [2, 30],
    unreachable: 0,
    lostAfter: 0,
    terminatingMs: [5_000, 10_000],
    stuck: 0,
    stuckMs: [30_000, 600_000],
  },
  provisioning: {
    stepMs: [100, 2_000],
    slow: 0,
    hanging: 0,
    halfDone: 0,
    notReady: 0,
    landsLate: 0,
    lateMs: [1_000, 30_000],
  },
  images: { pushedAfterMs: [0, 15_000], missing: 0 },
  suites: { durationMs: [1_000, 20_000], red: 0, hanging: 0, lost: 0 },
};

/** All of it, each at a rate at which most runs still come to a verdict. */
export const rough: Weather = {
  deliveries: {
    dropped: 0.05,
    duplicated: 0.1,
    replayed: 0.05,
    forged: 0.05,
    latencyMs: [50, 900],
    delayed: 0.1,
    delayMs: [2_000, 120_000],
  },
  forge: {
    latencyMs: [20, 400],
    unavailable: 0.02,
    limited: 0.001,
    notFound: 0.002,
    lostBefore: 0.005,
    lostAfter: 0.005,
  },
  store: {
    latencyMs: [1, 4],
    serialization: 0.002,
    lostBefore: 0.001,
    lostAfter: 0.001,
    frozenAfter: 0.001,
    frozenMs: [3_000, 30_000],
  },
  wakeUps: { lost: 0.1, doubled: 0.1 },
  cluster: {
    latencyMs: [2, 30],
    unreachable: 0.002,
    lostAfter: 0.001,
    terminatingMs: [5_000, 10_000],
    stuck: 0.03,
    stuckMs: [30_000, 600_000],
  },
  provisioning: {
    stepMs: [100, 2_000],
    slow: 0.05,
    hanging: 0.02,
    halfDone: 0.05,
    notReady: 0.05,
    landsLate: 0.3,
    lateMs: [1_000, 30_000],
  },
  images: { pushedAfterMs: [0, 15_000], missing: 0.03 },
  suites: { durationMs: [1_000, 20_000], red: 0.1, hanging: 0.02, lost: 0.03 },
};
