import { AsyncLocalStorage } from 'node:async_hooks';
import { silentLog } from '../../../src/log.ts';
import { openStoreOn } from '../../../src/store/open-store.ts';
import type { Queue, Store } from '../../../src/store/store.ts';
import type { WakeUps } from '../../../src/store/wake-ups.ts';
import { Session, type StoreFaults } from './session.ts';
import { SqliteDatabase, type Written } from './sqlite-database.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

export interface WakeUp {
  queue: Queue;
  id: string;
  /** How long it is not to be delivered. */
  delayMs: number;
}

/** Somebody who listens to a queue. The wake-up comes as a timer of its own, also to one that is frozen by then. */
export type Listener = (id: string, delayMs: number) => void;

/** Decides who hears of a wake-up: none, one, several, later. Every commit hands its wake-ups here, in order. */
export type Deliver = (wakeUp: WakeUp, listeners: readonly Listener[]) => void;

export interface ReplicaOptions {
  /** The store's clock. */
  clock: () => Date;
  faults?: StoreFaults;
  /** What the store takes its engine for: `postgres` where there are several replicas, and by default. */
  engine?: Store['engine'];
}

export interface Replica {
  store: Store;
  /** As by kill -9: its open transaction is undone, and nothing that it asked is answered any more. */
  die(): void;
}

/**
 * The store for simulations: the very functions of `src/store` on SQLite in memory, for any number of replicas, at a
 * small part of PGlite's time and memory. Not as PostgreSQL: transactions come one after another, so that races between
 * two at READ COMMITTED never show, and one that waits for time holds everybody up; expressions over instants, booleans
 * and jsonb come back raw (columns do not); text sorts by bytes; objects keep the order of their keys; a rollback leaves
 * no gap in `seq`; a wake-up that is due later is lost with the listener that was to hear it.
 */
export class SimulatedDatabase {
  /** Of a database that is migrated and empty. */
  static #image: Uint8Array | undefined;
  readonly #sqlite = new SqliteDatabase(SimulatedDatabase.#image);
  readonly #listeners = new Map<Queue, Set<Listener>>();
  readonly #deliver: Deliver;

  constructor({ deliver = inTurn() }: { deliver?: Deliver } = {}) {
    this.#deliver = deliver;
  }

  async replica({ clock, faults = {}, engine = 'postgres' }: ReplicaOptions): Promise<Replica> {
    const session = new Session(this.#sqlite, faults, engine);
    const leaves: (() => void)[] = [];
    const silence = () => {
      for (const leave of leaves) leave();
    };
    const wakeUps: WakeUps = {
      send: async (_tx, queue, id, at) => {
        const delayMs = Math.max(0, (at?.getTime() ?? 0) - clock().getTime());
        session.afterCommit(() => this.#deliver({ queue, id, delayMs }, [...this.#listenersOf(queue)]));
      },
      listen: async (queue, onWake) => {
        leaves.push(this.#listen(queue, onWake, session));
      },
      stop: async () => silence(),
    };
    const store = await openStoreOn(
      {
        name: engine,
        dialect: sqliteDialect(session),
        startWakeUps: async () => wakeUps,
        close: async () => undefined,
      },
      { log: silentLog(), clock },
    );
    SimulatedDatabase.#image ??= this.#sqlite.image();
    return {
      store,
      die() {
        session.die();
        silence();
      },
    };
  }

  /** As `SqliteDatabase` does. Inside of an event it may see what is not committed yet. */
  peek(sql: string, parameters?: readonly (string | number | null)[]): Record<string, unknown>[] {
    return this.#sqlite.peek(sql, parameters);
  }

  /** As `SqliteDatabase` does. Call it when the first replica is there, for then there are tables. */
  observe(tables: Readonly<Record<string, readonly string[]>>, onWritten: (written: Written) => void): void {
    this.#sqlite.observe(tables, onWritten);
  }

  close(): void {
    this.#sqlite.close();
  }

  #listen(queue: Queue, onWake: (id: string) => void, session: Session): () => void {
    const inOwnContext = AsyncLocalStorage.snapshot();
    const hear = (id: string) => {
      if (!session.dead) onWake(id);
    };
    const listener: Listener = (id, delayMs) => inOwnContext(() => setTimeout(hear, delayMs, id).unref());
    const all = this.#listenersOf(queue).add(listener);
    return () => all.delete(listener);
  }

  #listenersOf(queue: Queue): Set<Listener> {
    const known = this.#listeners.get(queue) ?? new Set();
    this.#listeners.set(queue, known);
    return known;
  }
}

/** Each wake-up to one listener, one after the other. */
function inTurn(): Deliver {
  let turn = 0;
  return ({ id, delayMs }, listeners) => {
    listeners[turn++ % listeners.length]?.(id, delayMs);
  };
}
