import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { log } from './log.ts';

const patienceMs = 90_000;

export function openDatabase(url: string | undefined): pg.Pool {
  if (!url) throw new Error('DATABASE_URL is not set');
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 5000 });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => log('database connection lost', { message: error.message }));
  return pool;
}

/** Returns when the database answers: it may be starting at the same time as we are. */
export async function databaseAnswers(database: pg.Pool): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      await database.query('select 1');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      log('waiting for the database', { message: error instanceof Error ? error.message : String(error) });
      await sleep(500);
    }
  }
}

/** Runs `work` in one transaction: all of it happens, or nothing. */
export async function inTransaction<T>(database: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await database.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
