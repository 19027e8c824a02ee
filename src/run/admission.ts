import { atMost, type Demand, dominantShare, fits, minus, nothing, plus } from './demand.ts';

/** A run that waits for room. Instants are milliseconds since the epoch. */
export interface WaitingRun {
  id: string;
  /** Who is served in turn: the change's author. */
  author: string;
  /** Smaller goes first: 0 the merge queue, 1 everybody. */
  lane: number;
  demand: Demand;
  queuedAt: number;
}

/** Room that is taken, from a run's admission to its receipt. */
export interface Reservation {
  id: string;
  author: string;
  demand: Demand;
  admittedAt: number;
  /** A finished run's environment that somebody asked to keep, and since when nobody used it; null while it is at work. */
  idleSince: number | null;
  /** Its teardown is due: the room comes back with the receipt. */
  leaving: boolean;
}

export interface AdmissionFacts {
  waiting: readonly WaitingRun[];
  reservations: readonly Reservation[];
  capacity: Demand;
  /** Environments at the same time, whatever their size. */
  mostEnvironments: number;
  now: number;
}

export interface Admission {
  /** May begin now, in this order. */
  admitted: string[];
  /** Kept environments that must go for those who wait, longest idle first. */
  preempted: string[];
  /** Goes on waiting, in the order in which it will be served. */
  queue: string[];
}

/** Whoever waits this long is served before everybody else, and nobody overtakes it any more: no run starves. */
export const overtakingEndsMs = 10 * 60_000;

/**
 * Who may begin. Lanes go first; within a lane the author with the smallest share of what is taken; then the oldest. A run
 * that does not fit is overtaken by smaller ones until it has waited `overtakingEndsMs`: then room is left for it. PURE.
 */
export function admit({ waiting, reservations, capacity, mostEnvironments, now }: AdmissionFacts): Admission {
  const shares = sharesOf(reservations);
  const taken = reservations.map((one) => one.demand).reduce(plus, nothing);
  const result: Admission = { admitted: [], preempted: [], queue: [] };
  let room = minus(capacity, taken);
  let places = mostEnvironments - reservations.length;
  let closed = false;
  // What asks for more than there is gets all of it, alone: whether its pods find a place, the scheduler says.
  const bounded = waiting.map((run) => ({ ...run, demand: atMost(run.demand, capacity) }));
  let line = inLine(bounded, shares, capacity, now);
  for (let next = line.shift(); next; next = line.shift()) {
    if (!closed && places > 0 && fits(next.demand, room)) {
      result.admitted.push(next.id);
      room = minus(room, next.demand);
      places -= 1;
      shares.set(next.author, plus(shares.get(next.author) ?? nothing, next.demand));
      line = inLine(line, shares, capacity, now);
    } else {
      result.queue.push(next.id);
      closed ||= waitedEnough(next, now);
    }
  }
  const first = bounded.find((run) => run.id === result.queue[0]);
  if (first) result.preempted = makeRoom(first, reservations, room, places);
  return result;
}

function sharesOf(reservations: readonly Reservation[]): Map<string, Demand> {
  const shares = new Map<string, Demand>();
  for (const { author, demand } of reservations) shares.set(author, plus(shares.get(author) ?? nothing, demand));
  return shares;
}

function inLine(runs: readonly WaitingRun[], shares: ReadonlyMap<string, Demand>, capacity: Demand, now: number) {
  const share = new Map([...shares].map(([author, demand]) => [author, dominantShare(demand, capacity)] as const));
  const of = (run: WaitingRun) => share.get(run.author) ?? 0;
  return [...runs].sort((one, other) => {
    const aged = waitedEnough(one, now);
    if (aged !== waitedEnough(other, now)) return aged ? -1 : 1;
    const turn = aged ? 0 : one.lane - other.lane || of(one) - of(other);
    return turn || one.queuedAt - other.queuedAt || (one.id < other.id ? -1 : 1);
  });
}

function waitedEnough(run: WaitingRun, now: number): boolean {
  return now - run.queuedAt >= overtakingEndsMs;
}

/**
 * The fewest idle environments, longest idle first, whose end makes the first in the queue fit, counting what is leaving
 * anyway; none when even all of them would not do.
 */
function makeRoom(first: WaitingRun, reservations: readonly Reservation[], room: Demand, places: number): string[] {
  const leaving = reservations.filter((one) => one.leaving);
  const idle = reservations
    .filter((one) => one.idleSince !== null && !one.leaving)
    .sort((one, other) => (one.idleSince ?? 0) - (other.idleSince ?? 0));
  const gone: string[] = [];
  let larger = leaving.map((one) => one.demand).reduce(plus, room);
  const enough = () => places + leaving.length + gone.length > 0 && fits(first.demand, larger);
  for (const { id, demand } of idle) {
    if (enough()) break;
    gone.push(id);
    larger = plus(larger, demand);
  }
  return enough() ? gone : [];
}
