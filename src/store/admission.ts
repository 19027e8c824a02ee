import { sql } from 'kysely';
import { type Admission, type AdmissionFacts, admit, type Reservation, type WaitingRun } from '../run/admission.ts';
import type { Demand } from '../run/demand.ts';
import { estimate, type Place } from '../run/estimate.ts';
import { asJson, jsonText } from './as-json.ts';
import type { Hold } from './leases.ts';
import { prepared } from './prepared.ts';
import type { Reader, Tx } from './store.ts';
import type { TeardownState } from './tables.ts';
import { hastenTeardown } from './teardowns.ts';
import { word } from './word.ts';

/** What there is to give away. */
export interface Room {
  capacity: Demand;
  mostEnvironments: number;
}

/**
 * Writes what a queued run will ask of the cluster, and reserves it when it is this run's turn. When it is not, the run is
 * given back: whoever is woken by its admission plays it.
 * @returns whether there is room; null when the fence is old
 */
export async function askForRoom(tx: Tx, hold: Hold, demand: Demand, room: Room): Promise<boolean | null> {
  const mine = () =>
    tx.db
      .updateTable('runs')
      .where('id', '=', hold.runId)
      .where('fence', '=', hold.fence)
      .where('lease_owner', '=', hold.owner)
      .returning('admitted_at');
  const asked = await mine()
    .set({ demand: asJson(demand), updated_at: tx.now })
    .executeTakeFirst();
  if (asked === undefined) return null;
  if (asked.admitted_at !== null) return true;
  const { admitted } = await admitWaiting(tx, room);
  if (admitted.includes(hold.runId)) return true;
  await mine().set({ lease_owner: null, lease_until: null, deadline_at: null }).execute();
  return false;
}

/** Told on the forge last at that instant (milliseconds since the epoch): by its player when it began to wait. */
export type ToldPlace = Place & { toldAt: number };

export interface Decided extends Admission {
  /** Those who go on waiting, with their places; the same as `placeOf` says from now on. */
  places: Place[];
}

/**
 * Gives room to those whose turn it is: their rows are reserved in this transaction, one at a time over all replicas.
 * Kept environments that must go for them are due from now on.
 */
export async function admitWaiting(tx: Tx, room: Room): Promise<Decided> {
  const [before] = await beginDecision(tx, tx.now);
  const toldAt = new Map(before?.places.map((place) => [place.id, place.toldAt]));
  const facts = await admissionFacts(tx, room, tx.now);
  const admission = admit(facts);
  for (const runId of admission.admitted) {
    await tx.db
      .updateTable('runs')
      .set({ admitted_at: tx.now, updated_at: tx.now })
      .where('id', '=', runId)
      .where('admitted_at', 'is', null)
      .execute();
    await tx.wake('runs', runId);
  }
  for (const runId of admission.preempted) await hastenTeardown(tx, runId);
  const places = admission.queue.length === 0 ? [] : estimate(facts, await usualDurationMs(tx));
  await savePlaces(
    tx,
    places.map((place) => ({ ...place, toldAt: toldAt.get(place.id) ?? tx.now.getTime() })),
  );
  return { ...admission, places };
}

/**
 * Takes it over to tell the places that nobody told for so long; over all replicas, each is one's alone.
 * @returns the runs' ids
 */
export async function takePlacesToTell(tx: Tx, everyMs: number): Promise<string[]> {
  const [row] = await lockPlaces(tx);
  if (row === undefined) throw new Error('telling places in the queue: the row of admission is not there');
  const now = tx.now.getTime();
  const { places } = row;
  const due = places.filter(({ toldAt }) => now - toldAt >= everyMs).map(({ id }) => id);
  if (due.length > 0)
    await savePlaces(
      tx,
      places.map((place) => (due.includes(place.id) ? { ...place, toldAt: now } : place)),
    );
  return due;
}

async function savePlaces(tx: Tx, places: ToldPlace[]): Promise<void> {
  await updatePlaces(tx, jsonText(places));
}

const beginDecision = prepared((db, now: Date) =>
  db.updateTable('admission').set({ decided_at: now }).where('id', '=', 1).returning('places'),
);

const lockPlaces = prepared((db) => db.selectFrom('admission').select('places').where('id', '=', 1).forUpdate());

const updatePlaces = prepared((db, places: string) =>
  db
    .updateTable('admission')
    .set({ places: sql<ToldPlace[]>`${places}::jsonb` })
    .where('id', '=', 1),
);

/**
 * Whether anybody waits, and nobody has decided about it since `before`: of all replicas that look at the rows now and then, one
 * is enough.
 */
export async function anyWaiting(reader: Reader, before: Date): Promise<boolean> {
  return (await selectWaiting(reader, before)).length > 0;
}

const selectWaiting = prepared((db, before: Date) =>
  db
    .selectFrom('runs')
    .select('id')
    .where('phase', '=', word('queued'))
    .where('demand', 'is not', null)
    .where('admitted_at', 'is', null)
    .where((of) =>
      of.not(of.exists(of.selectFrom('admission').select('admission.id').where('admission.decided_at', '>', before))),
    )
    .limit(1),
);

/** The place of a run among those that wait, as it was decided last; null when it does not wait. */
export async function placeOf(reader: Reader, runId: string): Promise<(Place & { of: number }) | null> {
  const row = await reader.db.selectFrom('admission').select('places').where('id', '=', 1).executeTakeFirst();
  const place = row?.places.find(({ id }) => id === runId);
  if (row === undefined || place === undefined) return null;
  const { id, position, startsAt } = place;
  return { id, position, startsAt, of: row.places.length };
}

/** Who waits, and what is taken: from admission to the receipt, whatever the run itself says. */
export async function admissionFacts(reader: Reader, room: Room, now: Date): Promise<AdmissionFacts> {
  const waiting = await selectQueue(reader);
  const taken = await selectTaken(reader);
  return {
    ...room,
    now: now.getTime(),
    waiting: waiting.flatMap(asWaiting),
    reservations: taken.flatMap((row) => asReservation(row, now)),
  };
}

const selectQueue = prepared((db) =>
  db
    .selectFrom('runs')
    .select(['id', 'author', 'lane', 'demand', 'created_at'])
    .where('phase', '=', word('queued'))
    .where('demand', 'is not', null)
    .where('admitted_at', 'is', null)
    .where('cancel', 'is', null),
);

const selectTaken = prepared((db) =>
  db
    .selectFrom('teardowns')
    .innerJoin('runs', 'runs.id', 'teardowns.run_id')
    .select(['runs.id', 'author', 'demand', 'admitted_at', 'phase', 'cancel', 'finished_at', 'active_at'])
    .select(['teardowns.state', 'teardowns.due_at'])
    .where('teardowns.state', '<>', word('gone'))
    .where('admitted_at', 'is not', null),
);

/** From admission to the end of the last runs that passed through the cluster, the median; null before the first. */
export async function usualDurationMs(reader: Reader): Promise<number | null> {
  const lengths = (await selectLengths(reader))
    .map((row) => (row.finished_at?.getTime() ?? 0) - (row.admitted_at?.getTime() ?? 0))
    .sort((one, other) => one - other);
  return lengths[Math.floor(lengths.length / 2)] ?? null;
}

const selectLengths = prepared((db) =>
  db
    .selectFrom('runs')
    .select(['admitted_at', 'finished_at'])
    .where('phase', '=', word('done'))
    .where('admitted_at', 'is not', null)
    .where('cancel', 'is', null)
    .orderBy('finished_at', 'desc')
    .limit(21),
);

interface WaitingRow {
  id: string;
  author: string;
  lane: number;
  demand: Demand | null;
  created_at: Date;
}

interface TakenRow {
  id: string;
  author: string;
  demand: Demand | null;
  admitted_at: Date | null;
  phase: string;
  cancel: string | null;
  finished_at: Date | null;
  active_at: Date | null;
  state: TeardownState;
  due_at: Date;
}

function asWaiting({ id, author, lane, demand, created_at }: WaitingRow): WaitingRun[] {
  return demand === null ? [] : [{ id, author, lane, demand, queuedAt: created_at.getTime() }];
}

function asReservation(row: TakenRow, now: Date): Reservation[] {
  const { id, author, demand, admitted_at, phase, cancel, state, due_at } = row;
  const usedAt = row.active_at ?? row.finished_at;
  if (demand === null || admitted_at === null) return [];
  const kept = phase === 'done' && state === 'kept' && due_at > now;
  return [
    {
      id,
      author,
      demand,
      admittedAt: admitted_at.getTime(),
      idleSince: kept ? (usedAt ?? admitted_at).getTime() : null,
      // Nobody knows when something that is blocked gives its room back.
      leaving: !kept && state !== 'blocked' && (phase === 'done' || phase === 'teardown' || cancel !== null),
    },
  ];
}
