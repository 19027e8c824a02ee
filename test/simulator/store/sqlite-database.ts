import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { toSqlite } from './portable-sql.ts';
import { asSqlError, checkJsonb, decoderOf, encode, jsonbSet } from './sqlite-values.ts';

export interface Answer {
  rows: Record<string, unknown>[];
  /** Rows that were written; of a read, those found. */
  changed: number;
}

/** A row as it was written. */
export interface Written {
  table: string;
  isNew: boolean;
  values: unknown[];
}

interface Statement {
  prepared: StatementSync;
  /** Which parameters become jsonb. */
  jsonb: number[];
  names: string[];
  decoders: (((value: unknown) => unknown) | null)[];
}

/** Texts differ by their number of rows, so some come once; the oldest are forgotten. */
const mostStatements = 1_000;

/**
 * SQLite in memory, spoken to in PostgreSQL's words, for one holder at a time: like PGlite, whose one connection
 * everybody else waits for until a transaction ends.
 */
export class SqliteDatabase {
  readonly #db = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true });
  readonly #statements = new Map<string, Statement | null>();
  readonly #peeks = new Map<string, StatementSync>();
  readonly #written: Written[] = [];
  #onWritten: ((written: Written) => void) | null = null;
  #holder: object | null = null;
  #waiting: (() => void)[] = [];

  constructor(image?: Uint8Array) {
    if (image !== undefined) this.#db.deserialize(image);
    this.#db.exec('pragma case_sensitive_like = on');
    this.#db.function('jsonb_set', { deterministic: true }, jsonbSet);
  }

  /** All tables and rows, for a copy of this database. */
  image(): Uint8Array {
    return this.#db.serialize();
  }

  /** Reads what is there now, in SQLite's words and values: for who watches the database from outside. */
  peek(sql: string, parameters: readonly (string | number | null)[] = []): Record<string, unknown>[] {
    const prepared = this.#peeks.get(sql) ?? this.#db.prepare(sql);
    this.#peeks.set(sql, prepared);
    return prepared.all(...parameters) as Record<string, unknown>[];
  }

  /** Tells of each row of these tables that is written, when it is committed: the columns, or expressions of `new`, by name. */
  observe(tables: Readonly<Record<string, readonly string[]>>, onWritten: (written: Written) => void): void {
    this.#onWritten = onWritten;
    const note = (table: unknown, isNew: unknown, ...values: unknown[]) => {
      this.#written.push({ table: String(table), isNew: isNew === 1, values });
      return null;
    };
    this.#db.function('note_written', { varargs: true }, note);
    for (const [table, columns] of Object.entries(tables)) {
      const before = columns.map((column) => column.replaceAll('new.', 'old.'));
      const differs = columns.map((column, index) => `${column} is not ${before[index]}`).join(' or ');
      // A write that leaves all of them alone, such as of a lease, is not looked at.
      const looked = new Set(
        columns.flatMap((column) => [...column.matchAll(/\bnew\.(\w+)/g)].map(([, name]) => name)),
      );
      const noted = (isNew: 0 | 1) => `begin select note_written('${table}', ${isNew}, ${columns.join(', ')}); end`;
      this.#db.exec(`create temp trigger ${table}_new after insert on main.${table} ${noted(1)}`);
      this.#db.exec(
        `create temp trigger ${table}_written after update of ${[...looked].join(', ')} on main.${table} when ${differs} ${noted(0)}`,
      );
    }
  }

  execute(text: string, parameters: readonly unknown[]): Answer {
    if (this.#onWritten === null) return this.#execute(text, parameters);
    try {
      return this.#execute(text, parameters);
    } finally {
      if (text === 'rollback') this.#written.length = 0;
      // By now it is committed, or was never in a transaction.
      if (!this.#db.isTransaction) for (const written of this.#written.splice(0)) this.#onWritten(written);
    }
  }

  #execute(text: string, parameters: readonly unknown[]): Answer {
    const statement = this.#statementOf(text);
    if (statement === null) return { rows: [], changed: 0 };
    const { prepared, names, jsonb } = statement;
    for (const index of jsonb) checkJsonb(parameters[index]);
    const values = parameters.map(encode);
    try {
      if (names.length === 0) return { rows: [], changed: Number(prepared.run(...values).changes) };
      const rows = asRows(statement, prepared.all(...values) as unknown as unknown[][]);
      return { rows, changed: rows.length };
    } catch (error) {
      throw asSqlError(error);
    }
  }

  /** Waits until nobody else holds the database. Whoever waited gets on in an event of its own, not of who gives it. */
  async take(holder: object): Promise<void> {
    while (this.#holder !== null) await this.#given();
    this.#holder = holder;
  }

  give(holder: object): void {
    if (this.#holder !== holder) return;
    this.#holder = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  close(): void {
    this.#statements.clear();
    this.#peeks.clear();
    this.#db.close();
  }

  #given(): Promise<void> {
    return new Promise((resolve) => {
      const inOwnContext = AsyncLocalStorage.snapshot();
      this.#waiting.push(() => inOwnContext(() => setImmediate(resolve)));
    });
  }

  #statementOf(text: string): Statement | null {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#prepare(text);
    if (this.#statements.size >= mostStatements) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    this.#statements.set(text, statement);
    return statement;
  }

  #prepare(text: string): Statement | null {
    const translated = toSqlite(text);
    if (translated === '') return null;
    const prepared = this.#db.prepare(translated);
    prepared.setReturnArrays(true);
    const columns = prepared.columns();
    return {
      prepared,
      jsonb: [...text.matchAll(/\$(\d+)::jsonb\b/g)].map(([, number]) => Number(number) - 1),
      names: columns.map(({ name }) => name),
      decoders: columns.map(({ type }) => decoderOf(type)),
    };
  }
}

function asRows({ names, decoders }: Statement, found: readonly unknown[][]): Record<string, unknown>[] {
  return found.map((values) => {
    const row: Record<string, unknown> = {};
    for (let column = 0; column < names.length; column++) {
      const decode = decoders[column];
      row[names[column] as string] = decode ? decode(values[column]) : values[column];
    }
    return row;
  });
}
