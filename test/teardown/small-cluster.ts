import { ownershipAnnotations, ownershipLabels } from '../../infra/labels.ts';
import type { ApiAnswer, ApiRequest, ClusterApi } from '../../src/kubernetes/api-request.ts';
import { aSpec } from '../environment/builders.ts';

const { owner } = aSpec();
export const target = { name: 'gr-1', runId: owner.runId, instance: owner.instance };

interface Kept {
  metadata: { name: string; uid: string; finalizers?: string[]; deletionTimestamp?: string };
  spec?: object;
}

/**
 * As much of an API server as a teardown asks, with state: namespaces of one environment, ConfigMaps in them, volumes. A namespace that is
 * deleted goes with its content as soon as nothing in it has a finalizer.
 */
export class SmallCluster implements ClusterApi {
  readonly context = 'small';
  readonly server = 'nowhere';
  readonly namespaces = new Map<string, Kept>();
  readonly configMaps = new Map<string, Kept[]>();
  readonly volumes: Kept[] = [];
  /** Every request that changes something, in order. */
  readonly writes: string[] = [];
  /** Called first; what it throws is the answer that never comes. */
  before: (request: ApiRequest) => void = () => undefined;
  /** Answers instead, where it is not null. */
  refuse: (request: ApiRequest) => number | null = () => null;

  constructor(...names: string[]) {
    for (const name of names) this.namespaces.set(name, { metadata: { name, uid: `uid-${name}` } });
  }

  addConfigMap(namespace: string, name: string, finalizers: string[] = []): Kept {
    const made = { metadata: { name, uid: `uid-${namespace}-${name}`, finalizers } };
    this.configMaps.set(namespace, [...(this.configMaps.get(namespace) ?? []), made]);
    return made;
  }

  async request(request: ApiRequest): Promise<ApiAnswer<unknown>> {
    this.before(request);
    const { method = 'GET', path } = request;
    if (method !== 'GET') this.writes.push(`${method} ${path}`);
    const refused = this.refuse(request);
    if (refused !== null) return { status: refused, body: { message: 'no' } };
    this.#settle();
    if (method !== 'GET') return this.#write(method, path);
    return this.#read(path);
  }

  #read(path: string): ApiAnswer<unknown> {
    const [, , , , namespace, kind] = path.split(/[/?]/);
    if (path === '/api') return ok({ items: [coreGroup] });
    if (path === '/apis' || path.startsWith('/apis/apiregistration')) return ok({ items: [] });
    if (path === '/api/v1/persistentvolumes') return ok({ items: this.volumes });
    if (kind === 'configmaps') return ok({ items: this.configMaps.get(namespace ?? '') ?? [] });
    if (path.startsWith('/api/v1/namespaces?')) return ok({ items: [...this.namespaces.values()].map(labelled) });
    const found = this.namespaces.get(namespace ?? '');
    return found ? ok(labelled(found)) : { status: 404, body: {} };
  }

  #write(method: string, path: string): ApiAnswer<unknown> {
    const [, , , , namespace = '', kind, name] = path.split('/');
    if (method === 'PATCH') {
      const object = this.configMaps.get(namespace)?.find(({ metadata }) => metadata.name === name);
      if (object) object.metadata.finalizers = [];
    } else if (kind === undefined) {
      const at = { deletionTimestamp: '2026-01-01T00:00:00Z' };
      const found = this.namespaces.get(namespace);
      if (found) Object.assign(found.metadata, at);
      for (const { metadata } of this.configMaps.get(namespace) ?? []) Object.assign(metadata, at);
    }
    return ok({});
  }

  #settle(): void {
    for (const [name, { metadata }] of this.namespaces) {
      if (metadata.deletionTimestamp === undefined) continue;
      const held = (this.configMaps.get(name) ?? []).filter((object) => object.metadata.finalizers?.length);
      this.configMaps.set(name, held);
      if (held.length === 0) this.namespaces.delete(name);
    }
  }
}

function labelled({ metadata }: Kept) {
  return { metadata: { ...metadata, labels: ownershipLabels(owner), annotations: ownershipAnnotations(owner) } };
}

function ok(body: unknown): ApiAnswer<unknown> {
  return { status: 200, body };
}

const coreGroup = {
  metadata: {},
  versions: [
    {
      version: 'v1',
      resources: [
        { resource: 'configmaps', scope: 'Namespaced', verbs: ['list'], responseKind: { kind: 'ConfigMap' } },
      ],
    },
  ],
};
