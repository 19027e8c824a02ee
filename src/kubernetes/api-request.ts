import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';
import { RunError } from '../errors.ts';
import type { Kubernetes } from './kubernetes.ts';

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

const requestTimeoutMs = 10_000;
const agents = new WeakMap<KubeConfig, Agent>();

/**
 * One request to the API server: abortable, bounded in time, over connections that stay open. The generated client can do
 * neither of these, and knows neither discovery nor collections of kinds that it was not generated for.
 * @throws RunError CLUSTER_UNREACHABLE (retry) when there is no answer; the signal's reason when aborted
 */
export async function apiRequest<T>(kubernetes: Kubernetes, request: ApiRequest): Promise<ApiAnswer<T>> {
  request.signal.throwIfAborted();
  const method = request.method ?? 'GET';
  try {
    return await send<T>(kubernetes, method, request);
  } catch (cause) {
    request.signal.throwIfAborted();
    throw new RunError(`asking the cluster "${kubernetes.context}" for ${method} ${request.path}`, {
      code: 'CLUSTER_UNREACHABLE',
      remedy: 'retry',
      hint: `Is ${kubernetes.config.getCurrentCluster()?.server ?? 'the API server'} up and reachable from here?`,
      cause,
    });
  }
}

/** The body of a GET that must succeed. @throws RunError as `apiRequest`, and CLUSTER_REFUSED (retry) for any other status than 200 */
export async function apiGet<T>(
  kubernetes: Kubernetes,
  path: string,
  signal: AbortSignal,
  accept?: string,
): Promise<T> {
  const { status, body } = await apiRequest<T>(kubernetes, { path, signal, ...(accept ? { accept } : {}) });
  if (status === 200) return body;
  throw new RunError(`asking the cluster "${kubernetes.context}" for GET ${path}, which it answered with ${status}`, {
    code: 'CLUSTER_REFUSED',
    remedy: status === 401 || status === 403 ? 'fix-input' : 'retry',
    hint:
      status === 403
        ? "The kubeconfig's user lacks this permission."
        : 'See the evidence for what the API server said.',
    evidence: [JSON.stringify(body).slice(0, 500)],
  });
}

async function send<T>(kubernetes: Kubernetes, method: string, request: ApiRequest): Promise<ApiAnswer<T>> {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const url = new URL(kubernetes.config.getCurrentCluster()?.server ?? '');
  const options: RequestOptions = { headers: {} };
  await kubernetes.config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpsRequest({
      ...options,
      agent: agentOf(kubernetes.config, options),
      host: url.hostname,
      port: url.port || 443,
      path: `${url.pathname.replace(/\/$/, '')}${request.path}`,
      method,
      headers: {
        ...options.headers,
        accept: request.accept ?? 'application/json',
        ...(body === undefined
          ? {}
          : { 'content-type': request.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(requestTimeoutMs)]),
    });
    outgoing.once('response', resolve).once('error', reject).end(body);
  });
  const answer = await text(response);
  const asText = request.accept?.startsWith('text/plain') ?? false;
  return { status: response.statusCode ?? 0, body: asText ? (answer as T) : parse<T>(answer) };
}

/** Some answers (a proxied service's, a log) are not JSON: those come as text. */
function parse<T>(answer: string): T {
  try {
    return JSON.parse(answer) as T;
  } catch {
    return answer as T;
  }
}

/** A proxy's agent stays as the library made it; direct connections are kept open. */
function agentOf(config: KubeConfig, options: RequestOptions): Agent | RequestOptions['agent'] {
  if (config.getCurrentCluster()?.proxyUrl) return options.agent;
  const known = agents.get(config);
  if (known) return known;
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 16,
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(pfx ? { pfx } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(servername ? { servername } : {}),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  });
  agents.set(config, agent);
  return agent;
}
