import { setTimeout as sleep } from 'node:timers/promises';
import { apiRequest } from '../kubernetes/api-request.ts';
import { blockersOf } from './blockers.ts';
import { deadApis } from './dead-apis.ts';
import { inventoryOf, type NamespacedKind } from './inventory.ts';
import type { Namespace } from './owned-namespaces.ts';
import type { Blocker, StrippedObject } from './receipt.ts';
import { stripFinalizers } from './strip-finalizers.ts';
import { insist, patience, pollMs, type Work } from './work.ts';

const podGraceSeconds = 1;
const againMs = 2_000;
/** Whoever put a finalizer on an object gets this long to take it away before an operator's wish is carried out. */
const finalizerGraceMs = 10_000;

export interface Removal {
  /** Empty when it is gone. */
  blockedBy: Blocker[];
  stripped: StrippedObject[];
}

/** Deletes one namespace by its UID and looks until it is gone. */
export async function removeNamespace(work: Work, kinds: NamespacedKind[], namespace: Namespace): Promise<Removal> {
  const { kubernetes, endsAt, startedAt, onProgress } = work;
  const { name, uid } = namespace.metadata;
  const path = `/api/v1/namespaces/${name}`;
  const stripped: StrippedObject[] = [];
  let last = namespace;
  let refused: string | null = null;
  let nextPush = 0;
  while (performance.now() < endsAt) {
    if (performance.now() >= nextPush) {
      nextPush = performance.now() + againMs;
      refused = await insist(work, () => pushOut(work, last));
      const mayStrip = work.stripFinalizers && performance.now() >= startedAt + finalizerGraceMs;
      if (mayStrip) stripped.push(...(await insist(work, () => stripFinalizers(work, last))));
    }
    const { status, body } = await insist(work, () => apiRequest<Namespace>(kubernetes, { path, signal: patience() }));
    if (status === 404 || (status === 200 && body.metadata.uid !== uid)) {
      onProgress({ kind: 'namespace-gone', namespace: name });
      return { blockedBy: [], stripped };
    }
    if (status === 200) last = body;
    await sleep(pollMs);
  }
  const { objects } = await inventoryOf(kubernetes, kinds, name, patience());
  const obstacles = { remaining: objects, deadApis: await deadApis(kubernetes, patience()), refused };
  return { blockedBy: blockersOf(last, obstacles), stripped };
}

/**
 * In a namespace that is being deleted nothing new can be created, so pods that go do not come back.
 * @returns the API server's word when it will not delete it
 */
async function pushOut({ kubernetes, lease }: Work, { metadata }: Namespace): Promise<string | null> {
  const { name, uid, deletionTimestamp } = metadata;
  const path = `/api/v1/namespaces/${name}`;
  let refused: string | null = null;
  if (deletionTimestamp === undefined) {
    await lease.enough();
    const body = { preconditions: { uid } };
    const answer = await apiRequest<{ message?: string }>(kubernetes, {
      method: 'DELETE',
      path,
      body,
      signal: patience(),
    });
    if (answer.status >= 400) refused = `the cluster answered ${answer.status}: ${answer.body.message ?? ''}`;
  }
  await lease.enough();
  const body = { gracePeriodSeconds: podGraceSeconds };
  await apiRequest(kubernetes, { method: 'DELETE', path: `${path}/pods`, body, signal: patience() });
  return refused;
}
