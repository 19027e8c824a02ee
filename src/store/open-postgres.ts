import { PostgresDialect } from 'kysely';
import pg from 'pg';
import { explain } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Engine } from './open-store.ts';

/** A pool for our tables and one for pg-boss, which holds a session of its own for LISTEN. */
export function openPostgres(databaseUrl: string, log: Log): Engine {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 10,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    application_name: 'greenroom',
  });
  // An idle connection that the server ends is replaced by the next query; without a listener it would end us.
  pool.on('error', (error) => log.warn({ error: explain(error) }, 'database connection ended'));
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
