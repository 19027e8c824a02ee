import { annotations, labels } from '../../infra/labels.ts';
import { apiRequest, type ClusterApi } from '../kubernetes/api-request.ts';
import { listOwnedNamespaces } from './owned-namespaces.ts';
import type { TeardownLease } from './work.ts';

const timeoutMs = 20_000;

/**
 * Writes a later end on a run's namespaces: the labels outrank every other memory, so keeping an environment is written there.
 * @param lease of whoever plays the run; absent where nobody does
 * @throws RunError LEASE_LOST, CLUSTER_UNREACHABLE or CLUSTER_REFUSED
 */
export async function extendExpiry(
  kubernetes: ClusterApi,
  { instance, runId }: { instance: string; runId: string },
  until: Date,
  lease?: Pick<TeardownLease, 'enough'>,
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  const seconds = String(Math.floor(until.getTime() / 1000));
  const metadata = {
    labels: { [labels.expiresAt]: seconds },
    annotations: { [annotations.expires]: until.toISOString() },
  };
  for (const namespace of await listOwnedNamespaces(kubernetes, instance, runId, signal)) {
    const { name, uid } = namespace.metadata;
    await lease?.enough();
    await apiRequest(kubernetes, {
      method: 'PATCH',
      path: `/api/v1/namespaces/${name}`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { ...metadata, uid } },
      signal,
    });
  }
}
