import { RunError } from '../errors.ts';

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From the root, such as `/api/v1/namespaces/shop/pods`; the query belongs to it. */
  path: string;
  body?: unknown;
  /** Media type of the body; merge patches are `application/merge-patch+json`. */
  contentType?: string;
  /** `text/plain` first in it leaves the body as it is, also when it happens to be JSON (a log). */
  accept?: string;
  signal: AbortSignal;
}

/** Any status is an answer: only the caller knows whether 404 is bad news. */
export interface ApiAnswer<T> {
  status: number;
  body: T;
}

/** A cluster as far as its API goes: all that deciding what stands and taking it down needs. */
export interface ClusterApi {
  context: string;
  /** The API server's address. */
  server: string;
  /** One request, bounded in time. Rejects when there is no answer. */
  request(request: ApiRequest): Promise<ApiAnswer<unknown>>;
}

/**
 * One request to the API server.
 * @throws RunError CLUSTER_UNREACHABLE (retry) when there is no answer; the signal's reason when aborted
 */
export async function apiRequest<T>(cluster: ClusterApi, request: ApiRequest): Promise<ApiAnswer<T>> {
  request.signal.throwIfAborted();
  try {
    return (await cluster.request(request)) as ApiAnswer<T>;
  } catch (cause) {
    request.signal.throwIfAborted();
    throw new RunError(`asking the cluster "${cluster.context}" for ${request.method ?? 'GET'} ${request.path}`, {
      code: 'CLUSTER_UNREACHABLE',
      remedy: 'retry',
      hint: `Is ${cluster.server} up and reachable from here?`,
      cause,
    });
  }
}

/** The body of a GET that must succeed. @throws RunError as `apiRequest`, and CLUSTER_REFUSED (retry) for any other status than 200 */
export async function apiGet<T>(cluster: ClusterApi, path: string, signal: AbortSignal, accept?: string): Promise<T> {
  const { status, body } = await apiRequest<T>(cluster, { path, signal, ...(accept ? { accept } : {}) });
  if (status === 200) return body;
  throw new RunError(`asking the cluster "${cluster.context}" for GET ${path}, which it answered with ${status}`, {
    code: 'CLUSTER_REFUSED',
    remedy: status === 401 || status === 403 ? 'fix-input' : 'retry',
    hint:
      status === 403
        ? "The kubeconfig's user lacks this permission."
        : 'See the evidence for what the API server said.',
    evidence: [JSON.stringify(body).slice(0, 500)],
  });
}
