import { labels } from '../../../infra/labels.ts';
import type { Demand } from '../../../src/run/demand.ts';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import type { Dice } from './dice.ts';
import type { History } from './history.ts';
import { type SuitePods, SuitesOfRun } from './suite-pods.ts';
import type { Weather } from './weather.ts';
import type { SimulatedNamespace } from './world.ts';

export interface ObjectInCluster {
  /** As in an address: `pods`. */
  resource: string;
  kind: string;
  name: string;
  uid: string;
  finalizers: string[];
}

export interface NamespaceInCluster extends SimulatedNamespace {
  annotations: Record<string, string>;
  objects: ObjectInCluster[];
  /** Of a suites' namespace. */
  suites: SuitePods | null;
}

export interface NewNamespace {
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  hasSuites: boolean;
}

export interface ClusterOptions {
  clock: VirtualClock;
  history: History;
  dice: Dice;
  weather: () => Weather;
  capacity: Demand;
}

/** What the cluster knows and does by itself. How requests come to it is `clusterApi`'s. */
export class ClusterServer {
  readonly namespaces = new Map<string, NamespaceInCluster>();
  readonly capacity: Demand;
  readonly #options: ClusterOptions;
  #uids = 0;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.capacity = options.capacity;
  }

  /** @returns false where the name is taken */
  create(owner: string, wanted: NewNamespace, isLate: boolean): boolean {
    const { clock, history, weather, dice } = this.#options;
    const { name } = wanted;
    if (this.namespaces.has(name)) return false;
    const uid = this.#uid();
    const runId = wanted.labels[labels.run] ?? '';
    const suites = wanted.hasSuites
      ? new SuitesOfRun({ clock, history, dice, weather: weather().suites, environment: name, runId })
      : null;
    this.namespaces.set(name, {
      name,
      uid,
      runId,
      labels: wanted.labels,
      annotations: wanted.annotations,
      objects: [],
      suites,
      createdAtMs: clock.nowMs,
      terminatingSinceMs: null,
    });
    history.add(owner, { kind: 'namespace-created', name, uid, runId, isLate });
    return true;
  }

  /** @returns false where there is no such namespace, or it goes already: then nothing is created in it */
  createIn(namespace: string, object: Omit<ObjectInCluster, 'uid' | 'finalizers'>): boolean {
    const found = this.namespaces.get(namespace);
    if (found === undefined || found.terminatingSinceMs !== null) return false;
    if (!found.objects.some(({ kind, name }) => kind === object.kind && name === object.name))
      found.objects.push({ ...object, uid: this.#uid(), finalizers: [] });
    return true;
  }

  /** Begins to delete; what is under way already goes on. */
  delete(namespace: NamespaceInCluster): void {
    const { clock, weather, dice } = this.#options;
    if (namespace.terminatingSinceMs !== null) return;
    namespace.terminatingSinceMs = clock.nowMs;
    const { stuck, stuckMs, terminatingMs } = weather().cluster;
    const isStuck = dice.chance(stuck);
    if (isStuck)
      namespace.objects.push({
        resource: 'configmaps',
        kind: 'ConfigMap',
        name: 'stuck',
        uid: this.#uid(),
        finalizers: ['example.com/nobody'],
      });
    clock.as('cluster', () =>
      clock.schedule(dice.within(isStuck ? stuckMs : terminatingMs), () => this.#gone(namespace)),
    );
  }

  /** Pods end soon after they are told to. */
  deletePods(namespace: NamespaceInCluster): void {
    namespace.objects = namespace.objects.filter(({ resource }) => resource !== 'pods');
    namespace.suites?.vanish();
  }

  #gone(namespace: NamespaceInCluster): void {
    const { name, uid, runId } = namespace;
    namespace.suites?.vanish();
    this.namespaces.delete(name);
    this.#options.history.add('cluster', { kind: 'namespace-gone', name, uid, runId });
  }

  #uid(): string {
    return `uid-${this.#uids++}`;
  }
}
