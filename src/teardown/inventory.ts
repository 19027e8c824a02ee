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
  items: { metadata: { name: string; uid: string; finalizers?: string[] } }[];
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

/** Everything in one namespace. A kind that cannot be listed (a dead extension API) is passed over: the namespace's own condition names it. */
export async function inventoryOf(
  kubernetes: ClusterApi,
  kinds: NamespacedKind[],
  namespace: string,
  signal: AbortSignal,
): Promise<InventoryObject[]> {
  const lists = await Promise.all(
    kinds.map(async ({ root, resource, kind }) => {
      const path = `${root}/namespaces/${namespace}/${resource}`;
      const { status, body } = await apiRequest<MetadataList>(kubernetes, { path, signal, accept: metadataType });
      if (status !== 200) return [];
      return (body.items ?? []).map(({ metadata: { name, uid, finalizers = [] } }) => ({
        kind,
        namespace,
        name,
        uid,
        finalizers,
      }));
    }),
  );
  return lists.flat();
}

export interface BoundVolume {
  name: string;
  uid: string;
  /** Its storage class keeps it when the claim goes. */
  retained: boolean;
}

/** Volumes bound to claims of these namespaces. They belong to no namespace and may outlive it. */
export async function boundVolumes(
  kubernetes: ClusterApi,
  namespaces: string[],
  signal: AbortSignal,
): Promise<BoundVolume[]> {
  interface Volume {
    metadata: { name: string; uid: string };
    spec: { claimRef?: { namespace?: string }; persistentVolumeReclaimPolicy?: string };
  }
  const path = '/api/v1/persistentvolumes';
  const { status, body } = await apiRequest<{ items: Volume[] }>(kubernetes, { path, signal });
  if (status !== 200) return [];
  return body.items
    .filter(({ spec }) => spec.claimRef?.namespace !== undefined && namespaces.includes(spec.claimRef.namespace))
    .map(({ metadata: { name, uid }, spec }) => ({
      name,
      uid,
      retained: spec.persistentVolumeReclaimPolicy === 'Retain',
    }));
}
