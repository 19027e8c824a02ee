import type { ApiAnswer, ApiRequest, ClusterApi } from '../../../src/kubernetes/api-request.ts';
import type { NamespaceInCluster } from './cluster-server.ts';
import { exchange, unless } from './exchange.ts';
import type { Right } from './history.ts';
import { type Actor, type Surroundings, tell } from './surroundings.ts';

type Answer = ApiAnswer<unknown>;

const namespacePath = /^\/api\/v1\/namespaces\/([^/?]+)(?:\/([^/?]+))?$/;
const noRight: Right = { leftMs: null, isKnown: false };
const requestTimeoutMs = 10_000;
const notFound: Answer = { status: 404, body: { kind: 'Status', reason: 'NotFound' } };

/** The requests of `src/teardown` and of `clusterRoom`, as an API server answers them. Anything else is a mistake of the simulator. */
export function clusterApi(around: Surroundings, actor: Actor): ClusterApi {
  const dice = around.dice(`cluster of ${actor.holder}`);
  return {
    context: 'simulated',
    server: 'https://cluster.example.com:6443',
    async request(request) {
      const { clock, weather, away } = around;
      const { latencyMs, unreachable, lostAfter } = weather.cluster;
      if (away.cluster > clock.nowMs || dice.chance(unreachable)) throw new Error('connect ECONNREFUSED');
      // Only what is deleted is asked about.
      const name = request.method === 'DELETE' ? (namespacePath.exec(request.path)?.[1] ?? '') : '';
      const runId = around.cluster.namespaces.get(name)?.runId;
      const right = runId === undefined ? noRight : around.rightOn(runId, actor.holder);
      const answered = exchange(clock, {
        server: 'cluster',
        thereMs: dice.within(latencyMs),
        backMs: dice.within(latencyMs) >> 2,
        isAnswerLost: dice.chance(lostAfter),
        serve: () => serve(around, actor, request, right),
      });
      return await unless(AbortSignal.any([request.signal, AbortSignal.timeout(requestTimeoutMs)]), answered);
    },
  };
}

function serve(around: Surroundings, actor: Actor, request: ApiRequest, right: Right): Answer {
  const { method = 'GET' } = request;
  const [path = '', query = ''] = request.path.split('?');
  const parameters = new URLSearchParams(query);
  if (method === 'GET' && path in fixed) return ok(fixed[path]);
  if (path === '/api/v1/nodes') return ok({ items: [nodeOf(around)] });
  if (path === '/api/v1/pods' || path === '/api/v1/persistentvolumes') return ok({ items: [], metadata: {} });
  if (path === '/api/v1/namespaces')
    return ok({ items: listNamespaces(around, parameters.get('labelSelector') ?? '') });
  const [, name = '', resource] = namespacePath.exec(path) ?? [];
  const namespace = around.cluster.namespaces.get(name);
  if (name === '') throw new Error(`the simulated cluster knows no ${method} ${path}`);
  if (resource !== undefined) return serveObjects(around, namespace, method, resource);
  if (namespace === undefined) return notFound;
  if (method === 'GET') return ok(asObject(namespace));
  if (method === 'DELETE') return deleteNamespace({ around, actor, namespace, right }, request.body);
  if (method === 'PATCH') return patchNamespace(namespace, request.body);
  throw new Error(`the simulated cluster knows no ${method} ${path}`);
}

function serveObjects(
  { cluster }: Surroundings,
  namespace: NamespaceInCluster | undefined,
  method: string,
  resource: string,
): Answer {
  if (method === 'DELETE' && resource === 'pods') {
    if (namespace !== undefined) cluster.deletePods(namespace);
    return ok({ items: [] });
  }
  if (method !== 'GET') throw new Error(`the simulated cluster knows no ${method} of ${resource}`);
  const found = namespace?.objects.filter((object) => object.resource === resource) ?? [];
  return ok({ items: found.map(({ name, uid, finalizers }) => ({ metadata: { name, uid, finalizers } })) });
}

interface Deletion {
  around: Surroundings;
  actor: Actor;
  namespace: NamespaceInCluster;
  right: Right;
}

function deleteNamespace({ around, actor, namespace, right }: Deletion, body: unknown): Answer {
  const { uid: wanted } = (body as { preconditions?: { uid?: string } } | undefined)?.preconditions ?? {};
  const { name, uid, runId } = namespace;
  if (wanted !== undefined && wanted !== uid) return { status: 409, body: { kind: 'Status', reason: 'Conflict' } };
  if (namespace.terminatingSinceMs === null)
    tell(around, actor, { kind: 'namespace-deleted', name, uid, runId, right });
  around.cluster.delete(namespace);
  return ok(asObject(namespace));
}

function patchNamespace(namespace: NamespaceInCluster, body: unknown): Answer {
  const { metadata } = body as {
    metadata: { uid?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  };
  if (metadata.uid !== undefined && metadata.uid !== namespace.uid)
    return { status: 409, body: { kind: 'Status', reason: 'Conflict' } };
  namespace.labels = { ...namespace.labels, ...metadata.labels };
  namespace.annotations = { ...namespace.annotations, ...metadata.annotations };
  return ok(asObject(namespace));
}

function listNamespaces({ cluster }: Surroundings, selector: string) {
  const wanted = selector.split(',').map((term) => term.split('='));
  return [...cluster.namespaces.values()]
    .filter((namespace) => wanted.every(([label = '', value]) => namespace.labels[label] === value))
    .map(asObject);
}

function asObject({ name, uid, labels: own, annotations, terminatingSinceMs, objects }: NamespaceInCluster) {
  const isHeld = objects.some(({ finalizers }) => finalizers.length > 0);
  return {
    metadata: {
      name,
      uid,
      labels: { ...own },
      annotations: { ...annotations },
      ...(terminatingSinceMs === null ? {} : { deletionTimestamp: new Date(terminatingSinceMs).toISOString() }),
    },
    status: {
      phase: terminatingSinceMs === null ? 'Active' : 'Terminating',
      conditions: isHeld
        ? [{ type: 'NamespaceFinalizersRemaining', status: 'True', message: 'example.com/nobody' }]
        : [],
    },
  };
}

function nodeOf({ cluster: { capacity } }: Surroundings) {
  const { millicores, bytes, pods } = capacity;
  const allocatable = { cpu: `${millicores}m`, memory: String(bytes), pods: String(pods) };
  return { status: { allocatable, conditions: [{ type: 'Ready', status: 'True' }] } };
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

const resources = ['pods', 'configmaps'].map((resource) => ({
  resource,
  scope: 'Namespaced',
  verbs: ['list', 'delete'],
  responseKind: { kind: resource === 'pods' ? 'Pod' : 'ConfigMap' },
}));

/** What never changes. */
const fixed: Readonly<Record<string, unknown>> = {
  '/version': { gitVersion: 'v1.34.0' },
  '/api': { items: [{ metadata: {}, versions: [{ version: 'v1', resources }] }] },
  '/apis': { items: [] },
  '/apis/apiregistration.k8s.io/v1/apiservices': { items: [] },
};
