import { Socket } from 'node:net';
import { PostgresDialect } from 'kysely';
import pg from 'pg';
import { explain } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Engine } from './open-store.ts';

const statementMs = 30_000;
/** A replica that is frozen in mid-transaction must not hold its locks for longer: others have leases to renew. */
const idleInTransactionMs = 10_000;

/** A pool for our tables and one for pg-boss, which holds a session of its own for LISTEN. */
export function openPostgres(databaseUrl: string, log: Log): Engine {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 10,
    connectionTimeoutMillis: 10_000,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    stream: answeringSocket,
    application_name: 'greenroom',
  });
  // An idle connection that the server ends is replaced by the next query; without a listener it would end us.
  const ended = (error: Error) => log.warn({ error: explain(error) }, 'database connection ended');
  pool.on('error', ended);
  // Nor does the pool listen to one that is in use: between two statements of a transaction nobody would.
  pool.on('connect', (client) => client.on('error', ended));
  return {
    name: 'postgres',
    dialect: new PostgresDialect({ pool }),
    startWakeUps: async (log) => {
      const { startWakeUps } = await import('./wake-ups.ts');
      return startWakeUps({ connectionString: databaseUrl, max: 4, application_name: 'greenroom-queue' }, log);
    },
    // Kysely ends the pool.
    close: async () => undefined,
  };
}

/**
 * A connection that ends when nothing comes for longer than any statement may take: a server that vanished without a word would
 * keep its clients waiting for ever.
 */
function answeringSocket(): Socket {
  const socket = new Socket();
  socket.setTimeout(statementMs + 5_000, () => socket.destroy(new Error('the database does not answer')));
  return socket;
}
