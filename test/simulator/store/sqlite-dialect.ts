import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  DialectAdapterBase,
  type Driver,
  type Kysely,
  type OrderByItemNode,
  PostgresQueryCompiler,
  type QueryResult,
  RawNode,
  sql,
} from 'kysely';
import { schema } from '../../../src/store/tables.ts';
import type { Session } from './session.ts';

/** Kysely for one session of the database in memory: PostgreSQL's own compiler, so that the store says what it always says. */
export function sqliteDialect(session: Session): Dialect {
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => driverOn(session),
    createIntrospector: (db) => introspect(db),
    createQueryCompiler: () => new Compiler(),
  };
}

class Adapter extends DialectAdapterBase {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
  override get supportsReturning(): boolean {
    return true;
  }
  /** Whoever migrates holds the database. */
  async acquireMigrationLock(): Promise<void> {
    await Promise.resolve();
  }
  async releaseMigrationLock(): Promise<void> {
    await Promise.resolve();
  }
}

class Compiler extends PostgresQueryCompiler {
  /** Nulls are greater than all in PostgreSQL, and less than all in SQLite. */
  protected override visitOrderByItem(node: OrderByItemNode): void {
    super.visitOrderByItem(node);
    if (node.nulls !== undefined) return;
    const direction = node.direction;
    const descending = direction !== undefined && RawNode.is(direction) && direction.sqlFragments[0] === 'desc';
    this.append(descending ? ' nulls first' : ' nulls last');
  }
}

class Connection implements DatabaseConnection {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changed } = await this.session.execute(query.sql, query.parameters);
    return { rows: rows as R[], numAffectedRows: BigInt(changed) };
  }

  // biome-ignore lint/correctness/useYield: it only refuses.
  async *streamQuery<R>(): AsyncGenerator<QueryResult<R>> {
    throw new Error('the database in memory does not stream');
  }
}

function driverOn(session: Session): Driver {
  const connection = new Connection(session);
  return {
    init: async () => undefined,
    async acquireConnection() {
      await session.enter();
      return connection;
    },
    beginTransaction: () => session.begin(),
    commitTransaction: () => session.commit(),
    rollbackTransaction: () => session.rollback(),
    releaseConnection: () => session.leave(),
    destroy: async () => undefined,
  };
}

/** As much as the migrator asks. */
function introspect(db: Kysely<unknown>): DatabaseIntrospector {
  return {
    getSchemas: async () => [{ name: schema }],
    async getTables() {
      const { rows } = await sql<{ name: string }>`select name from sqlite_master where type = 'table'`.execute(db);
      return rows.map(({ name }) => ({ name, schema, isView: false, isForeign: false, columns: [] }));
    },
  };
}
