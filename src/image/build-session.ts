import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { labels, type Ownership } from '../../infra/labels.ts';
import { RunError } from '../errors.ts';
import { type ApiAnswer, apiRequest } from '../kubernetes/api-request.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { containerStatusOf, listEventLines } from '../kubernetes/pods.ts';
import {
  type BuildPeer,
  type BuildPod,
  buildContainer,
  buildPod,
  buildPodName,
  buildSurroundings,
} from './build-pod.ts';

/** The namespace of one run's builds, as it was created: only this one is ever deleted. */
export interface BuildNamespace {
  kubernetes: Kubernetes;
  name: string;
  uid: string;
}

const startMs = 120_000;
const closeMs = 60_000;
const hopeless = [
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerError',
  'CreateContainerConfigError',
  'RunContainerError',
];

/**
 * Creates the namespace and waits until it is there for us; one that an earlier attempt of the same run left is replaced.
 * @throws RunError BUILD_POD_REFUSED (fix-input), CLUSTER_UNREACHABLE
 */
export async function openBuildNamespace(
  kubernetes: Kubernetes,
  spec: BuildPod,
  signal: AbortSignal,
): Promise<BuildNamespace> {
  const { namespace } = buildSurroundings(spec);
  let answer = await create<Metadata>(kubernetes, '/api/v1/namespaces', namespace, signal);
  if (answer.status === 409) {
    await removeLeftover(kubernetes, spec.namespace, spec.owner, signal);
    answer = await create<Metadata>(kubernetes, '/api/v1/namespaces', namespace, signal);
  }
  if (answer.status !== 201) throw refused(spec, namespace, answer);
  return { kubernetes, name: spec.namespace, uid: answer.body.metadata.uid };
}

/**
 * Starts the pod and waits until commands can be run in it.
 * @throws RunError BUILD_POD_REFUSED (fix-input: admission), BUILD_POD_NOT_STARTED (retry: image, scheduling, eviction)
 */
export async function startBuildPod(kubernetes: Kubernetes, spec: BuildPod, signal: AbortSignal): Promise<void> {
  const { others } = buildSurroundings(spec);
  for (const object of [...others, buildPod(spec)]) {
    const answer = await create(kubernetes, collectionOf(object), object, signal);
    if (answer.status !== 201) throw refused(spec, object, answer);
  }
  const deadline = AbortSignal.timeout(startMs);
  for (;;) {
    const pod = await readPod(kubernetes, spec.namespace, signal);
    if (containerStatusOf(pod, buildContainer)?.state?.running) return;
    const waiting = containerStatusOf(pod, buildContainer)?.state?.waiting;
    const isHopeless = pod.status?.phase === 'Failed' || hopeless.includes(waiting?.reason ?? '');
    if (isHopeless || deadline.aborted) throw await notStarted(kubernetes, spec, pod);
    await sleep(150, undefined, { signal });
  }
}

export async function readPod(kubernetes: Kubernetes, namespace: string, signal: AbortSignal): Promise<V1Pod> {
  const path = `/api/v1/namespaces/${namespace}/pods/${buildPodName}`;
  return (await apiRequest<V1Pod>(kubernetes, { path, signal })).body;
}

/**
 * Deletes the namespace that was opened, and no other of that name. On its own deadline, whatever became of the run; what
 * cannot be deleted now has its labels, and the sweep will find it.
 */
export async function closeBuildNamespace({ kubernetes, name, uid }: BuildNamespace): Promise<void> {
  const signal = AbortSignal.timeout(closeMs);
  const path = `/api/v1/namespaces/${name}`;
  // The pod first and at once: a namespace that still has pods is looked at again only after many seconds.
  const pod = {
    method: 'DELETE',
    path: `${path}/pods/${buildPodName}`,
    body: { gracePeriodSeconds: 0 },
    signal,
  } as const;
  await apiRequest(kubernetes, pod);
  const answer = await apiRequest(kubernetes, { method: 'DELETE', path, body: { preconditions: { uid } }, signal });
  if (answer.status < 300 || answer.status === 404 || answer.status === 409) return;
  throw new RunError(`deleting the namespace "${name}"`, {
    code: 'CLUSTER_REFUSED',
    remedy: 'retry',
    hint: 'The sweep will find it by its labels.',
    evidence: [JSON.stringify(answer.body).slice(0, 500)],
  });
}

/** Where a build must be able to go, by address: a NetworkPolicy knows no names. */
export async function peerOf(hostAndPort: string, defaultPort: number): Promise<BuildPeer> {
  const url = new URL(hostAndPort.includes('://') ? hostAndPort : `http://${hostAndPort}`);
  const found = await lookup(url.hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : defaultPort);
  return { addresses: found.map(({ address }) => address), port };
}

interface Metadata {
  metadata: { uid: string; labels?: Record<string, string> };
}

function create<T>(kubernetes: Kubernetes, path: string, body: KubernetesObject, signal: AbortSignal) {
  return apiRequest<T>(kubernetes, { method: 'POST', path, body, signal });
}

function collectionOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const plural = kind === 'NetworkPolicy' ? 'networkpolicies' : `${kind.toLowerCase()}s`;
  return `${root}/namespaces/${metadata.namespace}/${plural}`;
}

async function removeLeftover(
  kubernetes: Kubernetes,
  name: string,
  owner: Ownership,
  signal: AbortSignal,
): Promise<void> {
  const path = `/api/v1/namespaces/${name}`;
  const { status, body } = await apiRequest<Metadata>(kubernetes, { path, signal });
  if (status === 404) return;
  const found = body.metadata.labels ?? {};
  if (found[labels.instance] !== owner.instance || found[labels.run] !== owner.runId) {
    throw new RunError(`creating the namespace "${name}"`, {
      code: 'NAMESPACE_TAKEN',
      remedy: 'retry',
      hint: 'There is one of this name that this run did not create; it is left alone.',
    });
  }
  await closeBuildNamespace({ kubernetes, name, uid: body.metadata.uid });
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(closeMs)]);
  while ((await apiRequest<unknown>(kubernetes, { path, signal })).status !== 404)
    await sleep(250, undefined, { signal: deadline });
}

function refused(spec: BuildPod, object: KubernetesObject, answer: ApiAnswer<unknown>): RunError {
  return new RunError(`creating the ${object.kind} "${object.metadata.name}" for builds in "${spec.namespace}"`, {
    code: 'BUILD_POD_REFUSED',
    remedy: answer.status === 403 || answer.status === 422 ? 'fix-input' : 'retry',
    hint: 'Builds need Pod Security "baseline", the capabilities SETUID and SETGID, and the right to create namespaces. Without them build in your own CI and use `from: wait`.',
    evidence: [JSON.stringify((answer.body as { message?: string }).message ?? answer.body).slice(0, 500)],
  });
}

async function notStarted(kubernetes: Kubernetes, spec: BuildPod, pod: V1Pod): Promise<RunError> {
  const waiting = containerStatusOf(pod, buildContainer)?.state?.waiting;
  const events = await listEventLines(kubernetes, spec.namespace, buildPodName).catch(() => []);
  const status = [pod.status?.reason, pod.status?.message, waiting?.reason, waiting?.message]
    .filter(Boolean)
    .join(': ');
  return new RunError(`starting the build pod in "${spec.namespace}"`, {
    code: 'BUILD_POD_NOT_STARTED',
    remedy: 'retry',
    hint: 'The cluster did not start it: see the evidence for its image, scheduling or eviction.',
    evidence: [...(status ? [status.slice(0, 500)] : []), ...events],
  });
}
