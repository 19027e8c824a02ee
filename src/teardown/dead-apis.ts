import { apiRequest, type ClusterApi } from '../kubernetes/api-request.ts';

/** An extension API whose server does not answer: no namespace goes as long as the cluster cannot ask it what it keeps. */
export interface DeadApi {
  /** `v1beta1.metrics.k8s.io`. */
  name: string;
  /** `metrics.k8s.io/v1beta1`, as the namespace's condition says it. */
  groupVersion: string;
  message: string;
}

interface ApiService {
  metadata: { name: string };
  spec: { group?: string; version?: string };
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

/** Empty as well where we may not ask: the namespace's own condition names them in its way. */
export async function deadApis(kubernetes: ClusterApi, signal: AbortSignal): Promise<DeadApi[]> {
  const path = '/apis/apiregistration.k8s.io/v1/apiservices';
  const { status, body } = await apiRequest<{ items: ApiService[] }>(kubernetes, { path, signal });
  if (status !== 200) return [];
  return body.items.flatMap(({ metadata, spec, status: state }) => {
    const available = state?.conditions?.find(({ type }) => type === 'Available');
    if (available === undefined || available.status === 'True') return [];
    const message = [available.reason, available.message?.slice(0, 300)].filter(Boolean).join(': ');
    return [{ name: metadata.name, groupVersion: `${spec.group}/${spec.version}`, message }];
  });
}
