import type { Kysely, Transaction } from 'kysely';
import type { Precedence } from './precedence.ts';
import type { Tables } from './tables.ts';

/** Wake-ups only: a job carries an id and may be lost or doubled; the rows are the truth. */
export const queues = ['deliveries', 'runs', 'teardowns', 'admission'] as const;
export type Queue = (typeof queues)[number];

/** What reads need; a `Store` and a `Tx` both are one. Inside a transaction only ever pass the `Tx`. */
export interface Reader {
  readonly db: Kysely<Tables>;
}

/** One transaction, with the instant that its SQL takes for now. */
export interface Tx extends Reader {
  readonly db: Transaction<Tables>;
  readonly now: Date;
  /** A wake-up that exists if and only if the transaction commits; not delivered before `at`. */
  wake(queue: Queue, id: string, at?: Date): Promise<void>;
}

/** What we must never forget: PGlite in the data folder, or a PostgreSQL server that replicas share. */
export interface Store extends Reader {
  readonly engine: 'pglite' | 'postgres';
  /** Acceptance of deliveries before their handling, within this process. */
  readonly precedence: Precedence;
  /** The store's clock: the database's own with a server, this machine's otherwise. */
  now(): Promise<Date>;
  /**
   * Runs `work` in one transaction, again from its beginning (5 times at most) when the database asks for that
   * (serialization failure, deadlock): so `work` has no effect outside the transaction. On PGlite, which has one
   * connection, an `urgent` one goes before all that wait: somebody outside waits for its answer.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, options?: { urgent: boolean }): Promise<T>;
  /** Calls `onWake` for each wake-up of the queue that this process receives, until the store closes. Once per queue. */
  listen(queue: Queue, onWake: (id: string) => void): Promise<void>;
  close(): Promise<void>;
}
