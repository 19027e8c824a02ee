import { type AdmissionFacts, admit, type Reservation, type WaitingRun } from './admission.ts';

export interface Place {
  id: string;
  /** From 1. */
  position: number;
  /** When it will probably begin (milliseconds since the epoch); null where nothing is known to estimate from. */
  startsAt: number | null;
}

/** Only the first in the queue get an estimate, and at most so many ends of runs are looked ahead for it. */
const foreseen = 50;
const horizon = 100;

/**
 * The queue with its positions, and when each run will probably begin if those at work take as long as runs usually do: the
 * very admission is played forward. PURE.
 * @param usualMs from admission to receipt, the median of the last runs; null when none has ended yet
 */
export function estimate(facts: AdmissionFacts, usualMs: number | null): Place[] {
  const { queue } = admit(facts);
  const startsAt = usualMs === null ? new Map<string, number>() : playForward(facts, queue.slice(0, foreseen), usualMs);
  return queue.map((id, index) => ({ id, position: index + 1, startsAt: startsAt.get(id) ?? null }));
}

function playForward(facts: AdmissionFacts, queue: readonly string[], usualMs: number): Map<string, number> {
  const begins = new Map<string, number>();
  const ahead = new Set(queue);
  const waiting = new Map(facts.waiting.filter((run) => ahead.has(run.id)).map((run) => [run.id, run]));
  let now = facts.now;
  // A run over its usual time ends soon; a kept environment goes when it is needed, which takes no time to speak of.
  let taken = facts.reservations.map((one) => ({
    one,
    endsAt: Math.max(one.admittedAt + usualMs, now + usualMs / 10),
  }));
  for (let step = 0; step < horizon && waiting.size > 0; step++) {
    const reservations = taken.map(({ one }) => one);
    const { admitted, preempted } = admit({ ...facts, waiting: [...waiting.values()], reservations, now });
    for (const id of admitted) {
      const run = waiting.get(id);
      if (!run) continue;
      waiting.delete(id);
      begins.set(id, now);
      taken.push({ one: reservationOf(run, now), endsAt: now + usualMs });
    }
    if (preempted.length > 0) taken = taken.filter(({ one }) => !preempted.includes(one.id));
    else {
      const endsAt = Math.min(...taken.map((each) => each.endsAt));
      if (!Number.isFinite(endsAt)) break;
      now = endsAt;
      taken = taken.filter((each) => each.endsAt > endsAt);
    }
  }
  return begins;
}

function reservationOf({ id, author, demand }: WaitingRun, now: number): Reservation {
  return { id, author, demand, admittedAt: now, idleSince: null, leaving: false };
}
