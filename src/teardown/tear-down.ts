import { setTimeout as sleep } from 'node:timers/promises';
import type { Stacks } from '../environment/stacks.ts';
import { apiRequest, type ClusterApi } from '../kubernetes/api-request.ts';
import { blockersOf } from './blockers.ts';
import {
  type BoundVolume,
  boundVolumes,
  type InventoryObject,
  inventoryOf,
  type NamespacedKind,
  namespacedKinds,
} from './inventory.ts';
import { listOwnedNamespaces, type Namespace } from './owned-namespaces.ts';
import type { Blocker, Receipt, ReceiptObject } from './receipt.ts';

export interface TeardownTarget {
  /** The environment's name, which is also its stack's. */
  name: string;
  runId: string;
  instance: string;
}

export type TeardownProgress =
  | { kind: 'found'; namespaces: number; objects: number }
  | { kind: 'namespace-gone'; namespace: string }
  | { kind: 'pulumi'; ok: boolean; detail: string };

export interface TeardownRequest {
  kubernetes: ClusterApi;
  /** Null where no Pulumi state is known: the labels are enough. */
  stacks: Stacks | null;
  target: TeardownTarget;
  /** Its own; no signal of a run ever ends a teardown. */
  deadlineMs: number;
  onProgress?: (progress: TeardownProgress) => void;
}

const pollMs = 200;
const podGraceSeconds = 1;
const againMs = 2000;
const lookAfterwardsMs = 20_000;

/**
 * Takes an environment away and proves it. The namespaces are deleted first, then at once their pods with a short grace:
 * the namespace controller lets every deletion rest for 5 s, and finds nothing to wait for when it comes
 * (docs/decisions/0002). Pulumi's destroy runs beside it and is not needed: it clears the stack.
 * @throws RunError CLUSTER_UNREACHABLE or CLUSTER_REFUSED when the cluster cannot be asked; everything else is in the receipt
 */
export async function tearDown(request: TeardownRequest): Promise<Receipt> {
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const deadline = AbortSignal.timeout(request.deadlineMs);
  const work = { ...request, deadline, endsAt: started + request.deadlineMs };
  const found = await takeInventory(work);
  const stack = clearStack(work);
  const blockedBy: Blocker[] = [];
  let looks = found.namespaces;
  // A Pulumi process that died in mid-create may have had a request under way: look until a look finds nothing.
  for (let round = 0; looks.length > 0 && blockedBy.length === 0 && round < 3; round++) {
    blockedBy.push(
      ...(await Promise.all(looks.map((namespace) => deleteNamespace(work, found.kinds, namespace)))).flat(),
    );
    looks = (await owned(work)).filter((again) => !looks.some(({ metadata }) => metadata.uid === again.metadata.uid));
    if (round === 2 && looks.length > 0) blockedBy.push(...looks.flatMap((namespace) => blockersOf(namespace, [])));
  }
  const left = await remainingOf(work, found);
  await stack;
  const status =
    blockedBy.length === 0 && left.objects.size === 0 && !left.volumes.some((v) => v.status === 'remaining')
      ? 'gone'
      : 'blocked';
  return {
    runId: request.target.runId,
    environment: request.target.name,
    status,
    startedAt,
    durationMs: Math.round(performance.now() - started),
    created: found.objects,
    gone: found.objects.filter((object) => !left.objects.has(object.uid)),
    blockedBy: [...blockedBy, ...left.blockers],
    volumes: left.volumes,
  };
}

interface Work extends TeardownRequest {
  deadline: AbortSignal;
  endsAt: number;
}

interface Found {
  kinds: NamespacedKind[];
  namespaces: Namespace[];
  objects: ReceiptObject[];
  volumes: BoundVolume[];
}

async function owned({ kubernetes, target }: Work): Promise<Namespace[]> {
  return await listOwnedNamespaces(kubernetes, target.instance, target.runId, AbortSignal.timeout(lookAfterwardsMs));
}

async function takeInventory(work: Work): Promise<Found> {
  const { kubernetes, deadline, onProgress } = work;
  const [kinds, namespaces] = await Promise.all([namespacedKinds(kubernetes, deadline), owned(work)]);
  const names = namespaces.map(({ metadata }) => metadata.name);
  const [contents, volumes] = await Promise.all([
    Promise.all(names.map((name) => inventoryOf(kubernetes, kinds, name, deadline))),
    boundVolumes(kubernetes, names, deadline),
  ]);
  const objects = [
    ...namespaces.map(({ metadata: { name, uid } }) => ({ kind: 'Namespace', namespace: '', name, uid })),
    ...contents.flat().map(({ finalizers: _finalizers, ...object }) => object),
  ];
  onProgress?.({ kind: 'found', namespaces: namespaces.length, objects: objects.length });
  return { kinds, namespaces, objects, volumes };
}

/** Deletes one namespace by its UID and looks until it is gone. @returns what blocks it; empty when it is gone */
async function deleteNamespace(work: Work, kinds: NamespacedKind[], namespace: Namespace): Promise<Blocker[]> {
  const { kubernetes, endsAt, onProgress } = work;
  const { name, uid } = namespace.metadata;
  const path = `/api/v1/namespaces/${name}`;
  const signal = () => AbortSignal.timeout(lookAfterwardsMs);
  let last: Namespace = namespace;
  let nextPush = 0;
  while (performance.now() < endsAt) {
    if (performance.now() >= nextPush) {
      nextPush = performance.now() + againMs;
      await pushOut(kubernetes, name, uid, last.metadata.deletionTimestamp === undefined, signal());
    }
    const { status, body } = await apiRequest<Namespace>(kubernetes, { path, signal: signal() });
    if (status === 404 || (status === 200 && body.metadata.uid !== uid)) {
      onProgress?.({ kind: 'namespace-gone', namespace: name });
      return [];
    }
    if (status === 200) last = body;
    await sleep(pollMs);
  }
  return blockersOf(last, await inventoryOf(kubernetes, kinds, name, signal()));
}

/** In a namespace that is being deleted nothing new can be created, so pods that go do not come back. */
async function pushOut(
  kubernetes: ClusterApi,
  name: string,
  uid: string,
  isFirst: boolean,
  signal: AbortSignal,
): Promise<void> {
  const path = `/api/v1/namespaces/${name}`;
  if (isFirst) await apiRequest(kubernetes, { method: 'DELETE', path, body: { preconditions: { uid } }, signal });
  const body = { gracePeriodSeconds: podGraceSeconds };
  await apiRequest(kubernetes, { method: 'DELETE', path: `${path}/pods`, body, signal });
}

interface Left {
  objects: Set<string>;
  blockers: Blocker[];
  volumes: Receipt['volumes'];
}

/** The second look that makes it a proof: every kind that was there is listed again, and every volume. */
async function remainingOf(work: Work, found: Found): Promise<Left> {
  const { kubernetes, endsAt } = work;
  const kinds = found.kinds.filter(({ kind }) => found.objects.some((object) => object.kind === kind));
  const signal = AbortSignal.timeout(lookAfterwardsMs);
  const known = new Set(found.objects.map((object) => object.uid));
  const namespaces = found.namespaces.map(({ metadata }) => metadata);
  const lists = await Promise.all(namespaces.map(({ name }) => inventoryOf(kubernetes, kinds, name, signal)));
  const objects: InventoryObject[] = lists.flat().filter((object) => known.has(object.uid));
  const standing = (await owned(work)).filter(({ metadata }) => known.has(metadata.uid));
  const names = namespaces.map(({ name }) => name);
  const volumesLeft = async () => new Set((await boundVolumes(kubernetes, names, signal)).map((volume) => volume.uid));
  let remaining = found.volumes.length > 0 ? await volumesLeft() : new Set<string>();
  while (
    found.volumes.some((v) => !v.retained && remaining.has(v.uid)) &&
    performance.now() < endsAt &&
    !signal.aborted
  ) {
    await sleep(pollMs);
    remaining = await volumesLeft();
  }
  return {
    objects: new Set([...objects.map((object) => object.uid), ...standing.map(({ metadata }) => metadata.uid)]),
    blockers:
      standing.length > 0
        ? []
        : objects.map((object) => ({
            object: `${object.kind} ${object.namespace}/${object.name}`,
            cause: object.finalizers.join(', ') || 'orphaned',
            message: 'its namespace is gone, but it is still there',
          })),
    volumes: found.volumes.map(({ name, uid, retained }) => ({
      name,
      uid,
      status: remaining.has(uid) ? (retained ? 'kept' : 'remaining') : 'gone',
    })),
  };
}

/** Whatever Pulumi says, the cluster decides. Its word is passed on for the log. */
async function clearStack({ stacks, target, deadline, onProgress }: Work): Promise<void> {
  if (stacks) onProgress?.({ kind: 'pulumi', ...(await stacks.clear(target.name, deadline)) });
}
