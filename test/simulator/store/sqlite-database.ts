import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { toSqlite } from './portable-sql.ts';
import { asSqlError, checkJsonb, decoderOf, encode, jsonbSet } from './sqlite-values.ts';

export interface Answer {
  rows: Record<string, unknown>[];
  /** Rows that were written; of a read, those found. */
  changed: number;
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

  execute(text: string, parameters: readonly unknown[]): Answer {
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
