import type { Store } from '../../../src/store/store.ts';
import { never } from '../never.ts';
import type { Answer, SqliteDatabase } from './sqlite-database.ts';
import { SqlError } from './sqlite-values.ts';

/**
 * What goes wrong between a replica and its database. Whatever a hook throws is what the replica gets; time may pass
 * only outside of a turn, so that a transaction stays one event.
 */
export interface StoreFaults {
  /** Before a transaction, or a query outside of one, gets its turn. */
  enter?(): Promise<void> | void;
  /** Before each statement; a throw fails the transaction, such as with `serializationFailure()`. */
  statement?(sql: string): void;
  /** Before the commit; a throw rolls back. */
  commit?(): void;
  /** After the turn: what was committed stays, a throw loses the answer. */
  leave?(): Promise<void> | void;
}

/** One replica's connection. It is gone for ever once it died: nothing that it asked is answered any more. */
export class Session {
  readonly #database: SqliteDatabase;
  readonly #faults: StoreFaults;
  readonly #engine: Store['engine'];
  #afterCommit: (() => void)[] = [];
  #state: 'idle' | 'open' | 'failed' = 'idle';
  #dead = false;

  constructor(database: SqliteDatabase, faults: StoreFaults, engine: Store['engine']) {
    this.#database = database;
    this.#faults = faults;
    this.#engine = engine;
  }

  get dead(): boolean {
    return this.#dead;
  }

  async enter(): Promise<void> {
    await this.#faults.enter?.();
    if (this.#dead) return await never();
    await this.#database.take(this);
    if (!this.#dead) return;
    this.#database.give(this);
    return await never();
  }

  execute(sql: string, parameters: readonly unknown[]): Answer | Promise<never> {
    if (this.#dead) return never();
    if (this.#state === 'failed') {
      throw new SqlError('25P02', 'current transaction is aborted, commands ignored until end of transaction block');
    }
    try {
      this.#faults.statement?.(sql);
      return this.#dead ? never() : this.#database.execute(sql, parameters);
    } catch (error) {
      if (this.#state === 'open') this.#state = 'failed';
      throw error;
    }
  }

  /** What the open transaction brings about when it commits, and only then. */
  afterCommit(effect: () => void): void {
    this.#afterCommit.push(effect);
  }

  async begin(): Promise<void> {
    if (this.#dead) return await never();
    this.#database.execute('begin', []);
    this.#state = 'open';
  }

  async commit(): Promise<void> {
    if (this.#dead) return await never();
    this.#faults.commit?.();
    if (this.#dead) return await never();
    if (this.#state === 'failed') {
      this.#undo();
      // PostgreSQL answers this COMMIT with ROLLBACK and no error, which only PGlite's driver notices.
      if (this.#engine === 'pglite') throw new Error('Transaction was rolled back instead of committed');
      return;
    }
    this.#database.execute('commit', []);
    this.#state = 'idle';
    const effects = this.#afterCommit;
    this.#afterCommit = [];
    for (const effect of effects) effect();
  }

  async rollback(): Promise<void> {
    if (this.#dead) return await never();
    this.#undo();
  }

  async leave(): Promise<void> {
    if (this.#dead) return await never();
    this.#database.give(this);
    await this.#faults.leave?.();
    if (this.#dead) return await never();
  }

  /** The process is gone, as by kill -9: what it had not committed is undone. */
  die(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#undo();
    this.#database.give(this);
  }

  #undo(): void {
    if (this.#state !== 'idle') this.#database.execute('rollback', []);
    this.#state = 'idle';
    this.#afterCommit = [];
  }
}
