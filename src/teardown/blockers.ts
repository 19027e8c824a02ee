import type { InventoryObject } from './inventory.ts';
import type { Namespace } from './owned-namespaces.ts';
import type { Blocker } from './receipt.ts';

/**
 * PURE. Who or what keeps a namespace from going: objects with finalizers first, since those have somebody who can act; then
 * the namespace's own conditions (a dead extension API stands there by name); then the bare fact.
 */
export function blockersOf(namespace: Namespace, remaining: InventoryObject[]): Blocker[] {
  const ofObjects = remaining
    .filter((object) => object.finalizers.length > 0)
    .map((object) => ({
      object: `${object.kind} ${object.namespace}/${object.name}`,
      cause: object.finalizers.join(', '),
      message: 'its finalizer was not removed by the controller that put it there',
    }));
  // These two only say that there are such objects, which are named already.
  const saidBetter = ofObjects.length > 0 ? ['NamespaceContentRemaining', 'NamespaceFinalizersRemaining'] : [];
  const ofConditions = (namespace.status?.conditions ?? [])
    .filter((condition) => condition.status === 'True' && !saidBetter.includes(condition.type))
    .map((condition) => ({
      object: `Namespace ${namespace.metadata.name}`,
      cause: condition.type,
      message: (condition.message ?? condition.reason ?? '').slice(0, 500),
    }));
  const known = [...ofObjects, ...ofConditions];
  if (known.length > 0) return known;
  const left = remaining.slice(0, 5).map((object) => `${object.kind}/${object.name}`);
  return [
    {
      object: `Namespace ${namespace.metadata.name}`,
      cause: namespace.metadata.deletionTimestamp ? 'timeout' : 'not deleted',
      message: left.length > 0 ? `still has ${left.join(', ')}` : 'the cluster has not finished deleting it',
    },
  ];
}
