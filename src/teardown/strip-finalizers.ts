import { apiRequest, type ClusterApi } from '../kubernetes/api-request.ts';
import { inventoryOf, namespacedKinds } from './inventory.ts';
import { listOwnedNamespaces, type Namespace } from './owned-namespaces.ts';
import type { StrippedObject } from './receipt.ts';
import { patience, type Work } from './work.ts';

/**
 * Takes the finalizers off objects that were deleted and do not go, in a namespace that is going. Nothing outside of a namespace
 * with our instance's label is ever touched, nor the namespace's own finalizer: what these would clear, nobody clears any more.
 * @returns what was stripped
 */
export async function stripFinalizers(work: Work, namespace: Namespace): Promise<StrippedObject[]> {
  const { kubernetes, target, lease, onProgress } = work;
  const { name, uid } = namespace.metadata;
  const owned = await listOwnedNamespaces(kubernetes, target.instance, target.runId, patience());
  const ours = owned.find(({ metadata }) => metadata.uid === uid);
  if (ours?.metadata.deletionTimestamp === undefined) return [];
  const { objects } = await inventoryOf(kubernetes, await namespacedKinds(kubernetes, patience()), name, patience());
  const stripped: StrippedObject[] = [];
  for (const { path, terminating, ...object } of objects) {
    if (!terminating || object.finalizers.length === 0) continue;
    await lease.enough();
    const { status } = await apiRequest(kubernetes, {
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      body: { metadata: { uid: object.uid, finalizers: null } },
      signal: patience(),
    });
    if (status !== 200) continue;
    stripped.push(object);
    onProgress({ kind: 'stripped', object });
  }
  return stripped;
}

/** What stripping would take away now, for whoever asks for it. */
export async function finalizersOf(
  kubernetes: ClusterApi,
  { instance, runId }: { instance: string; runId: string },
): Promise<StrippedObject[]> {
  const kinds = await namespacedKinds(kubernetes, patience());
  const namespaces = await listOwnedNamespaces(kubernetes, instance, runId, patience());
  const contents = await Promise.all(
    namespaces.map(({ metadata }) => inventoryOf(kubernetes, kinds, metadata.name, patience())),
  );
  return contents
    .flatMap(({ objects }) => objects)
    .filter(({ finalizers }) => finalizers.length > 0)
    .map(({ path: _path, terminating: _terminating, ...object }) => object);
}
