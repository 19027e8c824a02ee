import type { Stacks } from '../environment/stacks.ts';
import type { ClusterApi } from '../kubernetes/api-request.ts';
import { blockersOf, noObstacles } from './blockers.ts';
import { boundVolumes, inventoryOf, namespacedKinds } from './inventory.ts';
import { listOwnedNamespaces, type Namespace } from './owned-namespaces.ts';
import type { Blocker, EarlierReceipt, Receipt, StrippedObject } from './receipt.ts';
import { type Found, remainingOf } from './remaining.ts';
import { removeNamespace } from './remove-namespace.ts';
import { insist, patience, type TeardownLease, type TeardownProgress, type TeardownTarget, type Work } from './work.ts';

export interface TeardownRequest {
  kubernetes: ClusterApi;
  /** Null where no Pulumi state is known: the labels are enough. */
  stacks: Stacks | null;
  target: TeardownTarget;
  /** Its own; no signal of a run ever ends a teardown. */
  deadlineMs: number;
  /** Asked before each request that changes something; absent where nobody else could be at work. */
  lease?: TeardownLease;
  /** What an attempt before this one found: the list goes on, and its volumes are looked for again. */
  earlier?: EarlierReceipt | null;
  /** An operator's explicit wish. */
  stripFinalizers?: boolean;
  onProgress?: (progress: TeardownProgress) => void;
}

const unhindered: TeardownLease = { enough: async () => undefined, over: new AbortController().signal };
const rounds = 3;

/**
 * Takes an environment away and proves it. The namespaces are deleted first, then at once their pods with a short grace:
 * the namespace controller lets every deletion rest for 5 s, and finds nothing to wait for when it comes
 * (docs/decisions/0002). Pulumi's destroy runs beside it and is not needed: it clears the stack.
 * @throws RunError LEASE_LOST; CLUSTER_UNREACHABLE or CLUSTER_REFUSED when the cluster cannot be asked before the deadline; everything
 * else is in the receipt
 */
export async function tearDown(request: TeardownRequest): Promise<Receipt> {
  const work = workOf(request);
  const startedAt = new Date().toISOString();
  const { found, namespaces } = await insist(work, () => takeInventory(work, request.earlier ?? null));
  const ending = new AbortController();
  const stack = clearStack(request, work, ending.signal);
  try {
    const { blockedBy, stripped } = await removeAll(work, found, namespaces);
    const left = await remainingOf(work, found);
    await stack;
    // A receipt is not given by whoever lost the right to it meanwhile.
    await work.lease.enough();
    const blockers = [...blockedBy, ...left.blockers];
    return {
      runId: work.target.runId,
      environment: work.target.name,
      status: blockers.length === 0 && left.objects.size === 0 ? 'gone' : 'blocked',
      startedAt,
      durationMs: Math.round(performance.now() - work.startedAt),
      created: found.objects,
      gone: found.objects.filter((object) => !left.objects.has(object.uid)),
      blockedBy: blockers,
      volumes: left.volumes,
      stripped: [...(request.earlier?.stripped ?? []), ...stripped],
    };
  } finally {
    ending.abort();
    await stack;
  }
}

function workOf({ kubernetes, target, deadlineMs, lease, stripFinalizers, onProgress }: TeardownRequest): Work {
  const startedAt = performance.now();
  return {
    kubernetes,
    target,
    lease: lease ?? unhindered,
    stripFinalizers: stripFinalizers ?? false,
    onProgress: onProgress ?? (() => undefined),
    startedAt,
    endsAt: startedAt + deadlineMs,
  };
}

async function owned({ kubernetes, target }: Work): Promise<Namespace[]> {
  return await listOwnedNamespaces(kubernetes, target.instance, target.runId, patience());
}

async function takeInventory(
  work: Work,
  earlier: EarlierReceipt | null,
): Promise<{ found: Found; namespaces: Namespace[] }> {
  const { kubernetes, onProgress } = work;
  const [kinds, namespaces] = await Promise.all([namespacedKinds(kubernetes, patience()), owned(work)]);
  const names = namespaces.map(({ metadata }) => metadata.name);
  const volumesBefore = earlier?.volumes ?? [];
  const [contents, volumesNow] = await Promise.all([
    Promise.all(names.map((name) => inventoryOf(kubernetes, kinds, name, patience()))),
    boundVolumes(kubernetes, new Set(names), new Set(volumesBefore.map(({ uid }) => uid)), patience()),
  ]);
  const objects = [
    ...namespaces.map(({ metadata: { name, uid } }) => ({ kind: 'Namespace', namespace: '', name, uid })),
    ...contents
      .flatMap((inventory) => inventory.objects)
      .map(({ kind, namespace, name, uid }) => ({ kind, namespace, name, uid })),
  ];
  onProgress({ kind: 'found', namespaces: namespaces.length, objects: objects.length });
  const volumes = volumesNow.map(({ name, uid, note }) => ({ name, uid, note, status: 'remaining' as const }));
  return {
    found: {
      kinds,
      objects: eachOnce([...(earlier?.created ?? []), ...objects]),
      volumes: eachOnce([...volumesBefore, ...volumes]),
    },
    namespaces,
  };
}

function eachOnce<T extends { uid: string }>(items: T[]): T[] {
  return [...new Map(items.map((item) => [item.uid, item])).values()];
}

/** A Pulumi process that died in mid-create may have had a request under way: looks until a look finds nothing. */
async function removeAll(
  work: Work,
  { kinds }: Found,
  namespaces: Namespace[],
): Promise<{ blockedBy: Blocker[]; stripped: StrippedObject[] }> {
  const blockedBy: Blocker[] = [];
  const stripped: StrippedObject[] = [];
  const seen = new Set<string>();
  let looks = namespaces;
  for (let round = 0; looks.length > 0 && blockedBy.length === 0; round++) {
    if (round === rounds) {
      blockedBy.push(...looks.flatMap((namespace) => blockersOf(namespace, noObstacles)));
      break;
    }
    for (const { metadata } of looks) seen.add(metadata.uid);
    const removals = await Promise.all(looks.map((namespace) => removeNamespace(work, kinds, namespace)));
    blockedBy.push(...removals.flatMap((removal) => removal.blockedBy));
    stripped.push(...removals.flatMap((removal) => removal.stripped));
    looks = (await insist(work, () => owned(work))).filter(({ metadata }) => !seen.has(metadata.uid));
  }
  return { blockedBy, stripped };
}

/** Whatever Pulumi says, the cluster decides. Its word is passed on for the log. */
async function clearStack(
  { stacks, target, deadlineMs }: TeardownRequest,
  work: Work,
  over: AbortSignal,
): Promise<void> {
  if (!stacks) return;
  try {
    await work.lease.enough();
  } catch {
    return;
  }
  const signal = AbortSignal.any([AbortSignal.timeout(deadlineMs), work.lease.over, over]);
  work.onProgress({ kind: 'pulumi', ...(await stacks.clear(target.name, signal)) });
}
