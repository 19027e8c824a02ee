import type { DeadApi } from './dead-apis.ts';
import type { InventoryObject } from './inventory.ts';
import type { Namespace, NamespaceCondition } from './owned-namespaces.ts';
import type { Blocker } from './receipt.ts';

/** What was looked at when a namespace did not go. */
export interface Obstacles {
  remaining: readonly InventoryObject[];
  deadApis: readonly DeadApi[];
  /** What the API server answered when it would not delete the namespace; null when it took the order. */
  refused: string | null;
}

export const noObstacles: Obstacles = { remaining: [], deadApis: [], refused: null };

const longestMessage = 500;

/**
 * PURE. Who or what keeps a namespace from going: objects with finalizers first, since those have somebody who can act; then
 * extension APIs that do not answer; then the namespace's own conditions; then the bare fact.
 */
export function blockersOf(namespace: Namespace, { remaining, deadApis, refused }: Obstacles): Blocker[] {
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
    .flatMap((condition) => ofCondition(namespace, condition, deadApis));
  const known = [...ofObjects, ...ofConditions];
  if (known.length > 0) return known;
  return [{ object: `Namespace ${namespace.metadata.name}`, ...bareFact(namespace, remaining, refused) }];
}

function ofCondition(namespace: Namespace, condition: NamespaceCondition, deadApis: readonly DeadApi[]): Blocker[] {
  const message = condition.message ?? condition.reason ?? '';
  const dead = deadApis.filter(({ groupVersion }) => message.includes(groupVersion));
  const cause = condition.type;
  if (dead.length === 0) {
    return [{ object: `Namespace ${namespace.metadata.name}`, cause, message: message.slice(0, longestMessage) }];
  }
  return dead.map((api) => ({
    object: `APIService ${api.name}`,
    cause,
    message: `it does not answer (${api.message}), so nobody knows what it keeps in ${namespace.metadata.name}`,
  }));
}

function bareFact(
  namespace: Namespace,
  remaining: readonly InventoryObject[],
  refused: string | null,
): Omit<Blocker, 'object'> {
  if (namespace.metadata.deletionTimestamp === undefined) {
    return { cause: 'not deleted', message: refused ?? 'the cluster has not taken the order to delete it' };
  }
  const left = remaining.slice(0, 5).map((object) => `${object.kind}/${object.name}`);
  const message = left.length > 0 ? `still has ${left.join(', ')}` : 'the cluster has not finished deleting it';
  return { cause: 'timeout', message };
}
