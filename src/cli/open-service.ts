import type { Config } from '../config/operator-config.ts';
import { createDashboard } from '../dashboard/dashboard.ts';
import type { Forge } from '../forge/forge.ts';
import type { KnownSecrets } from '../forge/known-secrets.ts';
import type { Host } from '../host.ts';
import { clusterAnswers } from '../kubernetes/cluster-answers.ts';
import type { Log } from '../log.ts';
import { openStore, type StorePlace } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { createService } from '../webhook/app.ts';
import { openControlSocket } from '../webhook/control-socket.ts';
import { createMetrics, type Metrics } from '../webhook/metrics.ts';
import { serve as listen } from '../webhook/serve.ts';
import { warmUp } from '../webhook/warm-up.ts';
import { controlHandlers } from './control-handlers.ts';
import { dashboardAccess } from './dashboard-access.ts';
import { type Engine, openEngine } from './open-engine.ts';
import { doorsOf, openForges } from './open-forges.ts';
import type { Machine } from './open-machine.ts';
import { Updates } from './updates.ts';

export interface ServiceParts {
  host: Host;
  config: Config;
  machine: Machine;
  log: Log;
  /** What the log never prints; tokens are added as they come. */
  secrets: KnownSecrets;
  onProgress: (line: string) => void;
}

/** A running Greenroom: its store, its players and, with `serve`, its addresses. */
export interface OpenService {
  store: Store;
  engine: Engine;
  forge: Forge | null;
  updates: Updates;
  /** Null without HTTP. */
  url: string | null;
  metrics: Metrics | null;
  /** Refuses new work, hands over or ends what is under way. */
  stop(): Promise<void>;
  /** Stops, and closes everything. */
  close(): Promise<void>;
}

export function storePlace({ database, service }: Config, cacheDir: string): StorePlace {
  return database.url === null ? { dataDir: service.dataDir, cacheDir } : { databaseUrl: database.url.reveal() };
}

/** Everything but the address: what `greenroom run` needs. @throws RunError STORE_LOCKED when another Greenroom holds the data folder */
export async function openWorker(parts: ServiceParts): Promise<OpenService> {
  const { host, config, log } = parts;
  const store = await openStore(storePlace(config, parts.machine.cacheDir), { log });
  const updates = new Updates();
  const forge = openForges(config, log, parts.secrets);
  try {
    const engine = await openEngine({
      ...parts,
      store,
      forge,
      onUpdate: updates.publish,
      onLine: updates.line,
    });
    const stop = new AbortController();
    const working = engine.work(stop.signal);
    const end = async () => {
      stop.abort(new Error('Greenroom stops'));
      await working;
    };
    return {
      store,
      engine,
      forge,
      updates,
      url: null,
      metrics: null,
      stop: end,
      async close() {
        await end();
        await engine.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  } finally {
    host.shutdown.throwIfAborted();
  }
}

/** The whole service, listening. @throws RunError PORT_IN_USE, STORE_LOCKED and what opening its parts throws */
export async function openService(parts: ServiceParts): Promise<OpenService> {
  const { config, log } = parts;
  const worker = await openWorker(parts);
  try {
    const { store, updates, forge } = worker;
    const metrics = createMetrics(store, () => forge?.quotas() ?? []);
    updates.watch((run) => {
      if (run.phase === 'done') metrics.runFinished(run.document);
    });
    const app = createService({
      store,
      log,
      metrics,
      doors: doorsOf(config),
      readiness: { cluster: () => clusterAnswers(parts.machine.kubernetes) },
      routes: [
        createDashboard({
          store,
          artifacts: worker.engine.stage.artifacts,
          access: dashboardAccess(config, forge),
          log,
        }),
      ],
    });
    await warmUp(store);
    const served = await listen(app, config.service);
    const control = await openControlSocket(config.service.dataDir, controlHandlers(worker, forge));
    const stop = async () => {
      // Players are told first: they end while the last requests are answered.
      await Promise.all([worker.stop(), served.close().then(() => control.close())]);
    };
    return {
      ...worker,
      url: served.url,
      metrics,
      stop,
      async close() {
        await stop();
        await worker.close();
      },
    };
  } catch (error) {
    await worker.close();
    throw error;
  }
}
