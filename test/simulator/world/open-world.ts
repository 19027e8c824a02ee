import { Writable } from 'node:stream';
import { createLog, type Log, silentLog } from '../../../src/log.ts';
import { takeOver } from '../clock/take-over.ts';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { SimulatedDatabase } from '../store/simulated-database.ts';
import { ClusterServer } from './cluster-server.ts';
import { Dice } from './dice.ts';
import { Fleet } from './fleet.ts';
import { ForgeServer } from './forge-server.ts';
import { History } from './history.ts';
import { peopleOf } from './people.ts';
import { observeRows, rightOn } from './rows.ts';
import { settle } from './settle.ts';
import { snapshot } from './snapshot.ts';
import type { Surroundings } from './surroundings.ts';
import { calm } from './weather.ts';
import { Webhook } from './webhook.ts';
import type { RunOptions, World, WorldOptions } from './world.ts';

const gibibyte = 1024 ** 3;
/** Some six environments at a time. */
const usualCapacity = { millicores: 4_000, bytes: 4 * gibibyte, pods: 110 };

/** Takes the time and chance of this process over until `end`. The replicas are up when it resolves. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const { seed, replicas, weather, onLog } = options;
  const clock = new VirtualClock();
  const giveBack = takeOver(clock, seed);
  const { stackTraceLimit } = Error;
  // Every abort of a signal takes one down: a tenth of all the time.
  if (onLog === undefined) Error.stackTraceLimit = 0;
  const restore = () => {
    Error.stackTraceLimit = stackTraceLimit;
    giveBack();
  };
  try {
    const names = Array.from({ length: replicas }, (_, index) => String.fromCharCode(97 + index));
    const around = await surroundingsOf(clock, options);
    const fleet = new Fleet(around, names, (name) => (onLog === undefined ? silentLog() : logTo(name, onLog)));
    const misfortune = misfortuneOn(around, fleet);
    around.freeze = misfortune.freezeReplica;
    const webhook = new Webhook(around, () => fleet.listening);
    const pass = async (ms: number, { afterEach, mostEvents }: RunOptions = {}) => {
      const untilMs = clock.nowMs + ms;
      const each = afterEach === undefined ? {} : { afterEach };
      const end = await clock.run({ untilMs, ...each, ...(mostEvents === undefined ? {} : { mostEvents }) });
      return end.events;
    };
    fleet.startAll();
    while (!fleet.areAllUp) await pass(100);
    return {
      clock,
      history: around.history,
      replicas: names,
      ...peopleOf(around, webhook),
      ...misfortune,
      pass,
      settle: (mostMs, settling) =>
        settle({ around, fleet, webhook, pass, calm: calmAfter(weather) }, mostMs, settling),
      snapshot: () => snapshot(around),
      rows: <T>(sql: string, ...parameters: (string | number | null)[]) => around.database.peek(sql, parameters) as T[],
      end() {
        restore();
        around.database.close();
      },
    };
  } catch (error) {
    restore();
    throw error;
  }
}

/** Nothing goes wrong any more, in the same time as before. */
function calmAfter(weather: WorldOptions['weather']): WorldOptions['weather'] {
  return { ...calm, suites: { ...calm.suites, durationMs: weather.suites.durationMs } };
}

async function surroundingsOf(clock: VirtualClock, { seed, weather, capacity }: WorldOptions): Promise<Surroundings> {
  const history = new History(() => clock.nowMs);
  const dice = (part: string) => new Dice(seed, part);
  const forWakeUps = dice('wake-ups');
  const database = new SimulatedDatabase({
    deliver({ id, delayMs }, listeners) {
      const { lost, doubled } = around.weather.wakeUps;
      const times = forWakeUps.chance(lost) ? 0 : forWakeUps.chance(doubled) ? 2 : 1;
      for (let time = 0; time < times; time++) forWakeUps.pick(listeners)?.(id, delayMs);
    },
  });
  // Whoever comes first makes the tables, which are watched from then on.
  const first = database.replica({ clock: () => new Date(clock.wallMs('database')) });
  await Promise.all([first, clock.run({ untilMs: 1_000 })]);
  const { runs } = observeRows(database, history, () => clock.owner);
  const forImages = dice('images');
  let acts = 0;
  const around: Surroundings = {
    clock,
    history,
    database,
    dice,
    weather,
    stacks: new Set(),
    away: { forge: 0, cluster: 0, database: 0 },
    instance: 'simulated',
    nextNumber: () => ++acts,
    rightOn: (runId, holder) => rightOn(database, clock.wallMs('database'), { runId, holder }),
    runOf: (runId) => runs.get(runId),
    freeze: () => undefined,
    forge: new ForgeServer(dice('forge'), () => {
      const { missing, pushedAfterMs } = around.weather.images;
      const fromMs = clock.nowMs + forImages.within(pushedAfterMs);
      return { atMs: clock.nowMs, imageFromMs: forImages.chance(missing) ? null : fromMs };
    }),
    cluster: new ClusterServer({
      clock,
      history,
      dice: dice('cluster'),
      weather: () => around.weather,
      capacity: capacity ?? usualCapacity,
    }),
  };
  return around;
}

function misfortuneOn(around: Surroundings, fleet: Fleet) {
  const { clock, history, away } = around;
  const struck = (what: string, whom: string, forMs: number | null) =>
    history.add('world', { kind: 'struck', what, whom, forMs });
  const outage = (whom: keyof typeof away) => (forMs: number) => {
    struck('outage', whom, forMs);
    away[whom] = Math.max(away[whom], clock.nowMs + forMs);
  };
  return {
    killReplica(name: string, restartAfterMs: number) {
      struck('killed', name, restartAfterMs);
      fleet.kill(name, restartAfterMs);
    },
    freezeReplica(name: string, forMs: number) {
      struck('frozen', name, forMs);
      fleet.freeze(name, forMs);
    },
    drainReplica(name: string, restartAfterMs: number) {
      struck('drained', name, restartAfterMs);
      fleet.drain(name, restartAfterMs);
    },
    jumpClock(name: string, byMs: number) {
      struck('clock jumped', name, byMs);
      fleet.jumpClock(name, byMs);
    },
    forgeOutage: outage('forge'),
    clusterOutage: outage('cluster'),
    databaseOutage: outage('database'),
  };
}

function logTo(name: string, onLog: (replica: string, line: string) => void): Log {
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      onLog(name, chunk.toString().trimEnd());
      done();
    },
  });
  return createLog('debug', destination);
}
