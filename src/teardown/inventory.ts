import { RunError } from '../errors.ts';
import { apiGet, apiRequest, type ClusterApi } from '../kubernetes/api-request.ts';
import type { ReceiptObject } from './receipt.ts';

/** One kind of object that lives in namespaces and can be listed. */
export interface NamespacedKind {
  kind: string;
  /** `/api/v1` or `/apis/<group>/<version>`. */
  root: string;
  resource: string;
}

/** An object with what may hold it back. */
export interface InventoryObject extends ReceiptObject {
  finalizers: string[];
  /** Somebody has deleted it already. */
  terminating: boolean;
  /** Where it is at the API server. */
  path: string;
}

export interface Inventory {
  objects: InventoryObject[];
  /** What could not be listed, and the API server's answer: objects of these kinds may be there or not. */
  unlisted: { kind: string; status: number }[];
}

interface Discovery {
  items: {
    metadata: { name?: string };
    versions: {
      version: string;
      resources?: { resource: string; scope: string; verbs: string[]; responseKind?: { kind: string } }[];
    }[];
  }[];
}

interface MetadataList {
  items: { metadata: { name: string; uid: string; finalizers?: string[]; deletionTimestamp?: string } }[];
}

const discoveryType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const metadataType = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/**
 * All kinds that the cluster keeps in namespaces, its own extensions included, by two requests. Without events, which only
 * tell of the others, and without those that only mirror others (endpoints, metrics).
 */
export async function namespacedKinds(kubernetes: ClusterApi, signal: AbortSignal): Promise<NamespacedKind[]> {
  const [core, groups] = await Promise.all([
    apiGet<Discovery>(kubernetes, '/api', signal, discoveryType),
    apiGet<Discovery>(kubernetes, '/apis', signal, discoveryType),
  ]);
  return [...core.items, ...groups.items].flatMap((group) => {
    const name = group.metadata.name ?? '';
    // The first version is the preferred one; the others show the same objects.
    const [preferred] = group.versions;
    if (!preferred || name === 'metrics.k8s.io') return [];
    const root = name === '' ? `/api/${preferred.version}` : `/apis/${name}/${preferred.version}`;
    return (preferred.resources ?? [])
      .filter(
        ({ scope, verbs, resource }) =>
          scope === 'Namespaced' && verbs.includes('list') && !['events', 'endpoints'].includes(resource),
      )
      .map(({ resource, responseKind }) => ({ root, resource, kind: responseKind?.kind ?? resource }));
  });
}

/** Everything in one namespace, as far as the API server can list it. A kind that is no more has no objects. */
export async function inventoryOf(
  kubernetes: ClusterApi,
  kinds: NamespacedKind[],
  namespace: string,
  signal: AbortSignal,
): Promise<Inventory> {
  const inventory: Inventory = { objects: [], unlisted: [] };
  await Promise.all(
    kinds.map(async ({ root, resource, kind }) => {
      const path = `${root}/namespaces/${namespace}/${resource}`;
      const { status, body } = await apiRequest<MetadataList>(kubernetes, { path, signal, accept: metadataType });
      if (status !== 200 && status !== 404) inventory.unlisted.push({ kind, status });
      if (status !== 200) return;
      for (const { metadata } of body.items ?? []) {
        const { name, uid, finalizers = [], deletionTimestamp } = metadata;
        const terminating = deletionTimestamp !== undefined;
        inventory.objects.push({ kind, namespace, name, uid, finalizers, terminating, path: `${path}/${name}` });
      }
    }),
  );
  return inventory;
}

export interface BoundVolume {
  name: string;
  uid: string;
  /** Its storage class keeps it when the claim goes. */
  retained: boolean;
  note: string;
}

/** Volumes bound to claims of these namespaces, or known by their UIDs. They belong to no namespace and may outlive it. */
export async function boundVolumes(
  kubernetes: ClusterApi,
  namespaces: ReadonlySet<string>,
  uids: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<BoundVolume[]> {
  interface Volume {
    metadata: { name: string; uid: string };
    spec: { claimRef?: { namespace?: string; name?: string }; persistentVolumeReclaimPolicy?: string };
    status?: { phase?: string; message?: string };
  }
  const path = '/api/v1/persistentvolumes';
  const { items } = await apiGet<{ items: Volume[] }>(kubernetes, path, signal).catch((error: unknown) => {
    // They belong to the cluster: whoever runs it may keep them from us.
    if (error instanceof RunError && error.remedy === 'fix-input') return { items: [] };
    throw error;
  });
  return items
    .filter(({ metadata, spec }) => uids.has(metadata.uid) || namespaces.has(spec.claimRef?.namespace ?? ''))
    .map(({ metadata: { name, uid }, spec, status }) => ({
      name,
      uid,
      retained: spec.persistentVolumeReclaimPolicy === 'Retain',
      note: [
        `claim ${spec.claimRef?.namespace}/${spec.claimRef?.name}`,
        `reclaim policy ${spec.persistentVolumeReclaimPolicy}`,
        status?.phase ?? '',
        status?.message?.slice(0, 300) ?? '',
      ]
        .filter(Boolean)
        .join(', '),
    }));
}
