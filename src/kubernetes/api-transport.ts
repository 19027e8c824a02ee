import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';
import type { ApiAnswer, ApiRequest, ClusterApi } from './api-request.ts';

const requestTimeoutMs = 10_000;
const agents = new WeakMap<KubeConfig, Agent>();

/**
 * Requests to one API server: abortable, bounded in time, over connections that stay open. The generated client can do neither of
 * these, and knows neither discovery nor collections of kinds that it was not generated for.
 */
export function apiTransport(config: KubeConfig): ClusterApi['request'] {
  return (request) => send(config, request);
}

async function send(config: KubeConfig, request: ApiRequest): Promise<ApiAnswer<unknown>> {
  const method = request.method ?? 'GET';
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const url = new URL(config.getCurrentCluster()?.server ?? '');
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpsRequest({
      ...options,
      agent: agentOf(config, options),
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
  return { status: response.statusCode ?? 0, body: asText ? answer : parse(answer) };
}

/** Some answers (a proxied service's, a log) are not JSON: those come as text. */
function parse(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return answer;
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
