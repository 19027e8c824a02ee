import { randomUUID } from 'node:crypto';
import type { Config } from '../config/operator-config.ts';
import { pulumiStacks } from '../environment/stacks.ts';
import type { Forge } from '../forge/forge.ts';
import type { Host } from '../host.ts';
import { ensureBuilderImage, ensureRunnerImages, type OwnImagesRequest } from '../image/runner-images.ts';
import type { Log } from '../log.ts';
import type { Run } from '../run/run.ts';
import { realActs } from '../runner/acts.ts';
import { Bell } from '../runner/bell.ts';
import { forgePublisher } from '../runner/forge-publisher.ts';
import type { EventHandling } from '../runner/handle-event.ts';
import { LineWriter } from '../runner/line-writer.ts';
import { once } from '../runner/once.ts';
import type { Player } from '../runner/play-run.ts';
import { PolicyKnowledge } from '../runner/policies/policy-knowledge.ts';
import { type PolicyFinding, probePolicies } from '../runner/policies/probe-policies.ts';
import { roomOf } from '../runner/room.ts';
import { openAtForge, type Source } from '../runner/source.ts';
import type { Stage } from '../runner/stage.ts';
import { workQueues } from '../runner/work-queues.ts';
import { pulumiKeys } from '../store/pulumi-keys.ts';
import { runById } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { extendExpiry } from '../teardown/extend-expiry.ts';
import { openArtifacts } from './open-artifacts.ts';
import type { Machine } from './open-machine.ts';
import { pullSecretOf } from './pull-secret.ts';
import { openPulumi } from './pulumi-access.ts';

export interface EngineOptions {
  host: Host;
  config: Config;
  machine: Machine;
  store: Store;
  log: Log;
  forge: Forge | null;
  onUpdate: (run: Run) => void;
  onLine: (runId: string, source: string, line: string) => void;
  onProgress: (line: string) => void;
}

/** Everything that plays runs in this process, ready to work. */
export interface Engine {
  player: Player;
  stage: Stage;
  /** What handles events; null without a forge. */
  events: EventHandling | null;
  /** Runs whose files are on this machine, by id: those of `greenroom run PATH`. */
  localSources: Map<string, Source>;
  /** Works the queues until the signal aborts and everything under way has ended. Never rejects. */
  work(signal: AbortSignal): Promise<void>;
  /** Writes down the last lines of the logs. */
  close(): Promise<void>;
}

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { config, store, forge, log, machine } = options;
  const lines = new LineWriter(store, log);
  const localSources = new Map<string, Source>();
  const stage = await openStage(options, lines);
  const player: Player = {
    stage,
    acts: realActs,
    stacks: pulumiStacks({
      pulumi: stage.pulumi,
      cluster: machine.kubernetes,
      ...(config.database.url === null ? {} : { keys: (prefix) => pulumiKeys(store, prefix) }),
    }),
    store,
    owner: `${options.host.pid}-${randomUUID().slice(0, 8)}`,
    open: async (run, signal) => {
      const local = localSources.get(run.id);
      if (local) return { source: local, change: null };
      return forge === null ? null : await openAtForge(forge, run, signal);
    },
    room: roomOf(machine.kubernetes, { instance: stage.instance, mostEnvironments: config.limits.maxEnvironments }),
    publish:
      forge === null
        ? async () => undefined
        : forgePublisher({ store, forge, log, publicUrl: config.service.publicUrl }),
  };
  const { maxEnvironments, maxTtlMs } = config.limits;
  const extend = async (runId: string, until: Date): Promise<void> => {
    await extendExpiry(stage.kubernetes, { instance: stage.instance, runId }, until);
    const run = await runById(store, runId);
    // A run under way is told of by its player.
    if (run?.phase === 'done') await player.publish(run, { final: true });
  };
  const events = forge === null ? null : { store, forge, log, maxTtlMs, extend, bell: stage.bell };
  return {
    player,
    stage,
    events,
    localSources,
    async work(signal) {
      await workQueues({ player, events, maxEnvironments }, signal);
      await stage.fences?.knowledge.close();
    },
    close: () => lines.close(),
  };
}

async function openStage(options: EngineOptions, lines: LineWriter): Promise<Stage> {
  const { config, machine, host, log, onProgress } = options;
  const { dataDir, instance } = config.service;
  const images = (signal: AbortSignal): OwnImagesRequest => ({
    registry: machine.registry,
    cacheDir: machine.cacheDir,
    onProgress: ({ image, state, layer }) => {
      if (state !== 'present') onProgress(`image ${image}: ${state}${layer === undefined ? '' : ` layer ${layer}`}`);
    },
    signal,
  });
  const runnerImages = once(
    (signal: AbortSignal) => ensureRunnerImages({ ...images(signal), k6Path: machine.k6Path }),
    host.shutdown,
  );
  const pullSecret = (signal: AbortSignal) => pullSecretOf(config, machine.kubernetes, signal);
  return {
    log,
    now: host.now,
    dataDir,
    instance,
    kubernetes: machine.kubernetes,
    registry: machine.registry,
    artifacts: openArtifacts(config),
    pulumi: await openPulumi(machine.pulumiRoot, host, config, options.store),
    runnerImages,
    builderImage: once((signal: AbortSignal) => ensureBuilderImage(images(signal)), host.shutdown),
    buildProxy: config.registry.buildProxy,
    podTemplate: config.cluster.podTemplate,
    pullSecret,
    secretsNamespace: config.cluster.secretsNamespace,
    preview: config.cluster.preview,
    ceilings: {
      maxCpu: config.limits.maxCpu,
      maxMemory: config.limits.maxMemory,
      maxTtlMs: config.limits.maxTtlMs,
      allowedKinds: config.limits.allowedKinds,
      allowedEgress: config.limits.allowedEgress,
      allowedRegistries: orElse(config.limits.allowedRegistries, [machine.registry.address]),
    },
    fences: machine.embedded ? null : fencesOf(options, { runnerImages, pullSecret }),
    bell: new Bell(),
    onUpdate: options.onUpdate,
    onLine: (runId, source, line) => {
      lines.write(runId, { at: host.now().toISOString(), source, line });
      options.onLine(runId, source, line);
    },
  };
}

/** Of a cluster that is not ours: asked by connecting, by whoever begins to. */
function fencesOf(
  { config, machine, log }: EngineOptions,
  { runnerImages, pullSecret }: Pick<Stage, 'runnerImages' | 'pullSecret'>,
): Stage['fences'] {
  const { cluster, service } = config;
  const ask = (signal: AbortSignal) =>
    probePolicies({
      kubernetes: machine.kubernetes,
      instance: service.instance,
      image: async (inTime) => (await runnerImages(inTime)).runner,
      pullSecret,
      podTemplate: cluster.podTemplate,
      signal,
    });
  const onFound = ({ enforced, detail, leftover }: PolicyFinding) => {
    log[enforced === 'yes' ? 'info' : 'warn']({ enforced, detail }, 'network policies of the cluster');
    if (leftover !== null) log.warn({ leftover }, 'the probe of network policies');
  };
  return { knowledge: new PolicyKnowledge({ ask, onFound }), unfencedForks: cluster.unfencedForks };
}

function orElse(named: string[], otherwise: string[]): string[] {
  return named.length > 0 ? named : otherwise;
}
