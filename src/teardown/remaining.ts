import { setTimeout as sleep } from 'node:timers/promises';
import { type BoundVolume, boundVolumes, type InventoryObject, inventoryOf, type NamespacedKind } from './inventory.ts';
import { listOwnedNamespaces } from './owned-namespaces.ts';
import type { Blocker, OutlivingVolume, ReceiptObject } from './receipt.ts';
import { insist, patience, pollMs, type Work } from './work.ts';

/** What the environment had, as far as it is not proven gone. */
export interface Found {
  kinds: NamespacedKind[];
  objects: ReceiptObject[];
  volumes: OutlivingVolume[];
}

export interface Left {
  /** UIDs of what is there, or may be. */
  objects: Set<string>;
  blockers: Blocker[];
  volumes: OutlivingVolume[];
}

const slowestVolumeMs = 20_000;

/** The second look that makes it a proof: every kind that was there is listed again, and every volume. */
export async function remainingOf(work: Work, found: Found): Promise<Left> {
  const known = new Map(found.objects.map((object) => [object.uid, object]));
  const standing = (await insist(work, () => owned(work))).filter(({ metadata }) => known.has(metadata.uid));
  const { objects, doubtful } = await insist(work, () => listAgain(work, found));
  const remaining = objects.filter(({ uid }) => known.has(uid));
  const volumes = await volumesLeft(work, found.volumes);
  return {
    objects: new Set([...remaining, ...doubtful, ...standing.map(({ metadata }) => metadata)].map(({ uid }) => uid)),
    // As long as the namespace stands, its own blockers tell more.
    blockers: [
      ...(standing.length > 0 ? [] : [...remaining.map(orphaned), ...doubtful.map(unasked)]),
      ...volumes.filter(({ status }) => status === 'remaining').map(undeleted),
    ],
    volumes,
  };
}

async function owned({ kubernetes, target }: Work) {
  return await listOwnedNamespaces(kubernetes, target.instance, target.runId, patience());
}

interface Again {
  objects: InventoryObject[];
  /** Of kinds that cannot be listed now: nobody can say whether they are gone. */
  doubtful: ReceiptObject[];
}

async function listAgain({ kubernetes }: Work, { kinds, objects }: Found): Promise<Again> {
  const namespaces = [...new Set(objects.map(({ namespace }) => namespace).filter(Boolean))];
  const present = kinds.filter(({ kind }) => objects.some((object) => object.kind === kind));
  const lists = await Promise.all(
    namespaces.map(async (namespace) => {
      const inventory = await inventoryOf(kubernetes, present, namespace, patience());
      const unlisted = new Set(inventory.unlisted.map(({ kind }) => kind));
      const doubtful = objects.filter((object) => object.namespace === namespace && unlisted.has(object.kind));
      return { objects: inventory.objects, doubtful };
    }),
  );
  return { objects: lists.flatMap((list) => list.objects), doubtful: lists.flatMap((list) => list.doubtful) };
}

/** A driver that deletes its volume in a moment is waited for. */
async function volumesLeft(work: Work, volumes: OutlivingVolume[]): Promise<OutlivingVolume[]> {
  if (volumes.length === 0) return [];
  const uids = new Set(volumes.map(({ uid }) => uid));
  const latest = Math.min(work.endsAt, performance.now() + slowestVolumeMs);
  for (;;) {
    const there = await insist(work, () => boundVolumes(work.kubernetes, new Set(), uids, patience()));
    const left = volumes.map((volume) => stateOf(volume, there));
    if (performance.now() >= latest || !left.some(({ status }) => status === 'remaining')) return left;
    await sleep(pollMs);
  }
}

function stateOf({ name, uid, note }: OutlivingVolume, there: BoundVolume[]): OutlivingVolume {
  const volume = there.find((one) => one.uid === uid);
  if (volume === undefined) return { name, uid, note, status: 'gone' };
  return { name, uid, note: volume.note, status: volume.retained ? 'kept' : 'remaining' };
}

function orphaned({ kind, namespace, name, finalizers }: InventoryObject): Blocker {
  const cause = finalizers.join(', ') || 'orphaned';
  return { object: `${kind} ${namespace}/${name}`, cause, message: 'its namespace is gone, but it is still there' };
}

function unasked({ kind, namespace, name }: ReceiptObject): Blocker {
  const message = 'its namespace is gone, but the cluster cannot be asked for objects of this kind';
  return { object: `${kind} ${namespace}/${name}`, cause: 'not listed', message };
}

function undeleted({ name, note }: OutlivingVolume): Blocker {
  return {
    object: `PersistentVolume ${name}`,
    cause: 'not deleted',
    message: `its storage driver has not deleted it yet (${note})`,
  };
}
