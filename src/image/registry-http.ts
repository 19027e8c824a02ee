import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RunError } from '../errors.ts';

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  body: IncomingMessage;
  host: string;
}

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT';
  headers?: Record<string, string>;
  body?: Buffer | Readable;
  /** PEM of a private CA, or null. */
  ca: string | null;
  signal: AbortSignal;
  /** Nothing heard for so long ends the request. */
  idleMs?: number;
}

const defaultIdleMs = 10_000;

/**
 * One request, redirects not followed. Node's own client, because `fetch` takes no private CA.
 * @throws RunError REGISTRY_UNREACHABLE (retry); the signal's reason when aborted
 */
export async function sendHttp(url: URL, request: HttpRequest): Promise<HttpAnswer> {
  request.signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const outgoing = send(url, {
    method: request.method,
    headers: request.headers ?? {},
    signal: request.signal,
    ...(request.ca === null || url.protocol === 'http:' ? {} : { ca: request.ca }),
  });
  outgoing.setTimeout(request.idleMs ?? defaultIdleMs, () => outgoing.destroy(new Error('it did not answer in time')));
  outgoing.on('response', resolve);
  outgoing.on('error', reject);
  const sent =
    request.body === undefined || Buffer.isBuffer(request.body)
      ? Promise.resolve(void outgoing.end(request.body))
      : pipeline(request.body, outgoing);
  try {
    // A refusal may come while a body is still under way: the answer counts, not the broken pipe.
    const body = await Promise.race([promise, sent.then(() => promise)]);
    return { status: body.statusCode ?? 0, headers: body.headers, body, host: url.host };
  } catch (cause) {
    request.signal.throwIfAborted();
    throw unreachable(url.host, cause);
  }
}

/** The whole body as text, at most `limit` bytes. */
export async function readText(answer: HttpAnswer, limit = 4 * 1024 * 1024): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size > limit) throw new Error(`its answer is larger than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw unreachable(answer.host, cause);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Lets go of an answer whose body does not matter. */
export function discard(answer: HttpAnswer): void {
  answer.body.resume();
}

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ALTNAME/;

function unreachable(host: string, cause: unknown): RunError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const wrongProtocol = code === 'EPROTO' || code === 'HPE_INVALID_CONSTANT';
  let hint = 'Is the registry running, and does this machine reach it?';
  if (certificateCodes.test(code)) hint = 'Its certificate is not trusted: name the CA that signed it.';
  else if (wrongProtocol)
    hint = 'It does not speak the expected protocol: is it HTTPS in place of HTTP, or the reverse?';
  return new RunError(`talking to the registry "${host}"${code ? ` (${code})` : ''}`, {
    code: 'REGISTRY_UNREACHABLE',
    remedy: 'retry',
    hint,
    cause,
  });
}
