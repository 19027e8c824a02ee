import { type IncomingMessage, request as plainRequest } from 'node:http';
import { type RequestOptions, request as tlsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { RunError } from '../errors.ts';
import type { Kubernetes } from './kubernetes.ts';

export interface LogSource {
  namespace: string;
  pod: string;
  container: string;
}

export interface LogRequest extends LogSource {
  follow: boolean;
  /** Lines written at or after this instant; the cluster looks at whole seconds. */
  since?: Date;
  previous?: boolean;
  tailLines?: number;
  signal: AbortSignal;
}

/**
 * The log as a stream that fails when the connection does (the client library's own pipes without telling).
 * @throws RunError LOG_REFUSED (retry) when the cluster does not open it
 */
export async function openLog(kubernetes: Kubernetes, request: LogRequest): Promise<IncomingMessage> {
  const url = new URL(`${kubernetes.config.getCurrentCluster()?.server}${pathOf(request)}`);
  const options: RequestOptions = { method: 'GET', signal: request.signal };
  await kubernetes.config.applyToHTTPSOptions(options as Parameters<Kubernetes['config']['applyToHTTPSOptions']>[0]);
  const send = url.protocol === 'http:' ? plainRequest : tlsRequest;
  const doing = `reading the log of container "${request.container}" of pod "${request.namespace}/${request.pod}"`;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    send(url, options, resolve).on('error', reject).end();
  }).catch((cause: unknown) => {
    request.signal.throwIfAborted();
    throw new RunError(doing, { code: 'LOG_REFUSED', remedy: 'retry', cause });
  });
  if (answer.statusCode === 200) return answer;
  const body = await text(answer);
  throw new RunError(doing, { code: 'LOG_REFUSED', remedy: 'retry', cause: new Error(body.slice(0, 500)) });
}

function pathOf(request: LogRequest): string {
  const query = new URLSearchParams({ container: request.container, follow: String(request.follow) });
  if (request.since) query.set('sinceTime', `${request.since.toISOString().slice(0, 19)}Z`);
  if (request.previous) query.set('previous', 'true');
  if (request.tailLines !== undefined) query.set('tailLines', String(request.tailLines));
  return `/api/v1/namespaces/${request.namespace}/pods/${request.pod}/log?${query}`;
}
