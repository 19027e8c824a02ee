import type { Delivery } from '../../../src/event/event.ts';
import type { Kubernetes } from '../../../src/kubernetes/kubernetes.ts';
import type { Log } from '../../../src/log.ts';
import { Bell } from '../../../src/runner/bell.ts';
import { forgePublisher } from '../../../src/runner/forge-publisher.ts';
import type { EventHandling } from '../../../src/runner/handle-event.ts';
import type { Player } from '../../../src/runner/play-run.ts';
import { keepReconciled } from '../../../src/runner/reconcile.ts';
import { roomOf } from '../../../src/runner/room.ts';
import { openAtForge } from '../../../src/runner/source.ts';
import type { Stage } from '../../../src/runner/stage.ts';
import { checksVerifier } from '../../../src/runner/verify-checks.ts';
import { workQueues } from '../../../src/runner/work-queues.ts';
import { deliveryIntake } from '../../../src/store/delivery-intake.ts';
import { extendExpiry } from '../../../src/teardown/extend-expiry.ts';
import type { Children } from './children.ts';
import { clusterApi } from './cluster-api.ts';
import { simulatedForge } from './forge-client.ts';
import { simulatedStacks } from './provisioning.ts';
import { simulatedActs } from './simulated-acts.ts';
import { storeFaults } from './store-faults.ts';
import { type Actor, type Surroundings, tell } from './surroundings.ts';

export const maxEnvironments = 6;
const maxTtlMs = 4 * 3_600_000;
const publicUrl = 'https://greenroom.example.com';

/** One process of `greenroom serve`, since its start. */
export interface Replica {
  actor: Actor;
  accept: (delivery: Delivery) => Promise<'new' | 'known'>;
  /** As SIGTERM; resolves when it has ended. */
  drain(): Promise<void>;
  /** Beside `VirtualClock.kill`: its connection to the database is gone. */
  die(): void;
}

export interface ReplicaParts {
  around: Surroundings;
  actor: Actor;
  children: Children;
  log: Log;
}

/** As `openEngine` and `runServe` put it together. To be called as the replica. */
export async function startReplica({ around, actor, children, log }: ReplicaParts): Promise<Replica> {
  const { database, clock } = around;
  const faults = storeFaults(around, actor);
  const { store, die } = await database.replica({ clock: () => new Date(clock.wallMs('database')), faults });
  const stop = new AbortController();
  const kubernetes = clusterApi(around, actor) as Kubernetes;
  const forge = simulatedForge(around, actor);
  const stage = stageOf(around, kubernetes, log);
  const { instance } = around;
  const player: Player = {
    stage,
    acts: simulatedActs({ around, actor, children, dice: around.dice(`acts of ${actor.holder}`) }),
    stacks: simulatedStacks(around, actor, children),
    store,
    owner: actor.holder,
    open: (run, signal) => openAtForge(forge, run, signal),
    room: roomOf(kubernetes, { instance, mostEnvironments: maxEnvironments }),
    publish: forgePublisher({ store, forge, log, publicUrl }),
  };
  const extend = (runId: string, until: Date) => extendExpiry(kubernetes, { instance, runId }, until);
  const events: EventHandling = { store, forge, log, maxTtlMs, extend, bell: stage.bell };
  const onRepair = (repair: string, count: number) => tell(around, actor, { kind: 'repaired', repair, count });
  const working = Promise.all([
    workQueues({ player, events, maxEnvironments }, stop.signal),
    keepReconciled(
      { player, events, verifyChecks: checksVerifier({ store, forge, publicUrl }), onRepair },
      stop.signal,
    ),
  ]);
  return {
    actor,
    accept: deliveryIntake(store),
    async drain() {
      stop.abort(new Error('Greenroom stops'));
      await working;
      await store.close();
    },
    die,
  };
}

function stageOf(around: Surroundings, kubernetes: Kubernetes, log: Log): Stage {
  const unused = () => Promise.reject(new Error('the simulator has none of it'));
  const registry = { address: 'registry.example.com', scheme: 'https', ca: null, dockerConfigPath: null } as const;
  return {
    log,
    now: () => new Date(),
    dataDir: '/nowhere',
    instance: around.instance,
    kubernetes,
    registry,
    artifacts: { put: unused, open: async () => null, forget: async () => undefined },
    pulumi: { root: '', backend: { url: '', env: {} }, stateDir: '', passphrase: '' },
    runnerImages: unused,
    builderImage: unused,
    buildProxy: null,
    podTemplate: null,
    pullSecret: async () => null,
    secretsNamespace: 'greenroom-secrets',
    preview: null,
    ceilings: { maxCpu: '4', maxMemory: '4Gi', maxTtlMs, allowedKinds: [], allowedEgress: [], allowedRegistries: [] },
    fences: null,
    bell: new Bell(),
    onUpdate: () => undefined,
    onLine: () => undefined,
  };
}
