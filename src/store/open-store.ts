import { CompiledQuery, type Dialect, Kysely, sql } from 'kysely';
import PQueue from 'p-queue';
import { RunError } from '../errors.ts';
import type { Log } from '../log.ts';
import { migrate } from './migrate.ts';
import { createPrecedence } from './precedence.ts';
import type { Store, Tx } from './store.ts';
import { schema, type Tables } from './tables.ts';
import type { WakeUps } from './wake-ups.ts';

export type StorePlace =
  /** PGlite in this folder, behind our own exclusive lock. A new one starts sooner from what `cacheDir`, where given, keeps for all. */
  | { dataDir: string; cacheDir?: string }
  /** A PostgreSQL server (13 or newer), shared by any number of replicas. */
  | { databaseUrl: string };

export interface StoreOptions {
  log: Log;
  signal?: AbortSignal;
  /** Replaces the store's clock, for simulations. */
  clock?: () => Date;
  /** Default `queued`: the engine's, pg-boss. `none`: polls alone find the work. */
  wakeUps?: 'queued' | 'none';
}

/** One database engine, opened; `close` gives everything back. */
export interface Engine {
  name: Store['engine'];
  dialect: Dialect;
  startWakeUps(log: Log): Promise<WakeUps>;
  close(): Promise<void>;
}

/**
 * Opens the store, migrates it and starts its queue.
 * @throws RunError STORE_LOCKED (another Greenroom holds the data folder), STORE_UNREACHABLE, STORE_UNREADABLE, STORE_MIGRATION
 */
export async function openStore(place: StorePlace, options: StoreOptions): Promise<Store> {
  options.signal?.throwIfAborted();
  return await openStoreOn(await openEngine(place, options.log), options);
}

/** As `openStore`, on an engine that the caller brings; the store closes it. */
export async function openStoreOn(engine: Engine, options: StoreOptions): Promise<Store> {
  const db = new Kysely<Tables>({ dialect: engine.dialect }).withSchema(schema);
  let wakeUps = noWakeUps;
  const close = async () => {
    await wakeUps.stop();
    if (engine.name === 'postgres') await db.destroy();
    await engine.close();
  };
  try {
    await sql.raw(`create schema if not exists ${schema}`).execute(db).catch(unlessMadeMeanwhile);
    await migrate(db);
    if (options.wakeUps !== 'none') wakeUps = await engine.startWakeUps(options.log);
    options.signal?.throwIfAborted();
  } catch (error) {
    await close().catch((second: unknown) => options.log.error({ err: second }, 'closing the store'));
    throw asOpenError(error, engine.name);
  }
  return storeOn(engine.name, db, wakeUps, options.clock, close);
}

/** For one command or a simulation: nobody is woken, the polls of `watchQueue` find the rows. */
const noWakeUps: WakeUps = { send: async () => undefined, listen: async () => undefined, stop: async () => undefined };

async function openEngine(place: StorePlace, log: Log): Promise<Engine> {
  // Lazily: PGlite costs some 450 MB of memory, and a server needs none of it.
  if ('databaseUrl' in place) return (await import('./open-postgres.ts')).openPostgres(place.databaseUrl, log);
  return (await import('./open-pglite.ts')).openPglite(place.dataDir, place.cacheDir ?? null);
}

function storeOn(
  engine: Store['engine'],
  db: Kysely<Tables>,
  wakeUps: WakeUps,
  clock: (() => Date) | undefined,
  close: () => Promise<void>,
): Store {
  const readClock = async (on: Kysely<Tables>): Promise<Date> => {
    if (clock) return clock();
    if (engine === 'pglite') return new Date();
    const { rows } = await on.executeQuery<{ now: Date }>(CompiledQuery.raw('select clock_timestamp() as now'));
    return rows[0]?.now ?? new Date(Number.NaN);
  };
  const transact = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    db.transaction().execute(async (trx) => {
      const wake: Tx['wake'] = (queue, id, at) => wakeUps.send(trx, queue, id, at);
      return await work({ db: trx, now: await readClock(trx), wake });
    });
  const turns = new PQueue({ concurrency: 1 });
  let closing: Promise<void> | undefined;
  return {
    engine,
    db,
    precedence: createPrecedence(),
    now: () => readClock(db),
    transaction: (work, { urgent } = { urgent: false }) => {
      const attempt = () => again(() => transact(work));
      return engine === 'pglite' ? turns.add(attempt, { priority: urgent ? 1 : 0 }) : attempt();
    },
    listen: (queue, onWake) => wakeUps.listen(queue, onWake),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** 40001 serialization_failure, 40P01 deadlock_detected: nothing happened, and the next try usually succeeds. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (attempt === 5 || (code !== '40001' && code !== '40P01')) throw error;
    }
  }
}

/** PostgreSQL's "if not exists" looks first and makes then: of replicas that start together all but one may fail at it. */
function unlessMadeMeanwhile(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== '23505' && code !== '42P06') throw error;
}

function asOpenError(error: unknown, engine: Store['engine']): unknown {
  if (error instanceof RunError || (error instanceof Error && error.name === 'AbortError')) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (engine === 'postgres') {
    return new RunError('opening the PostgreSQL database of DATABASE_URL', {
      code: 'STORE_UNREACHABLE',
      remedy: 'retry',
      hint: `Check that the server runs and that DATABASE_URL names it: ${message}`,
      cause: error,
    });
  }
  return new RunError('opening the store in the data folder', {
    code: 'STORE_UNREADABLE',
    remedy: 'fix-input',
    hint: 'Check free space and permissions; with a damaged folder, move it away: Greenroom starts anew and sweeps by label.',
    cause: error,
  });
}
