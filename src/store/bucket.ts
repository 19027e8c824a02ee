import { setTimeout as sleep } from 'node:timers/promises';
import type { RunError } from '../errors.ts';
import { refusedByBucket, unreachableBucket } from './bucket-errors.ts';

/** An S3-compatible bucket and the keys to it. */
export interface BucketPlace {
  /** Null: Amazon's own, of the region. */
  endpoint: string | null;
  name: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | null;
}

export interface BucketRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** Null: the bucket itself. */
  key: string | null;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Blob;
  signal: AbortSignal;
}

const answerWithinMs = 10_000;
/** What a slow line still moves: how long an upload may take on top. */
const bytesPerMs = 256;
/** Before the second and the third try. */
const pausesMs = [300, 1_200];

/**
 * One signed request, tried again where time may help.
 * @returns a 2xx answer, or null when there is no such object
 * @throws RunError BUCKET_UNREACHABLE (retry), BUCKET_MISSING, BUCKET_DENIED, BUCKET_REFUSED; the signal's reason when aborted
 */
export async function askBucket(place: BucketPlace, request: BucketRequest): Promise<Response | null> {
  for (const pauseMs of [...pausesMs, null]) {
    const answer = await tryOnce(place, request);
    if (!(answer instanceof Error)) return answer;
    if (pauseMs === null || answer.remedy !== 'retry') throw answer;
    await sleep(pauseMs, undefined, { signal: request.signal });
  }
  return null;
}

async function tryOnce(place: BucketPlace, request: BucketRequest): Promise<Response | null | RunError> {
  let answer: Response;
  try {
    answer = await send(place, request);
  } catch (error) {
    request.signal.throwIfAborted();
    return unreachableBucket(place, request, error);
  }
  if (answer.ok) return answer;
  // An answer to HEAD has no body that could tell a missing object from a missing bucket.
  const said = await answer.text().catch(() => '');
  const isNoObject = answer.status === 404 && request.key !== null && !said.includes('NoSuchBucket');
  return isNoObject ? null : refusedByBucket(place, request, answer.status, said);
}

async function send(
  place: BucketPlace,
  { method, key, query, headers, body, signal }: BucketRequest,
): Promise<Response> {
  // Loaded by the first request: most installations have no bucket.
  const { AwsV4Signer } = await import('aws4fetch');
  const { region, accessKeyId, secretAccessKey, sessionToken } = place;
  const signer = new AwsV4Signer({
    method,
    url: addressOf(place, key, query).href,
    headers: { ...headers },
    service: 's3',
    region,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === null ? {} : { sessionToken }),
  });
  const signed = await signer.sign();
  const late = new AbortController();
  const timeoutMs = answerWithinMs + (body?.size ?? 0) / bytesPerMs;
  const timer = setTimeout(
    () => late.abort(new Error(`no answer within ${Math.round(timeoutMs / 1000)} s`)),
    timeoutMs,
  );
  try {
    return await fetch(signed.url, {
      method,
      headers: signed.headers,
      ...(body === undefined ? {} : { body }),
      // A signature is for one place: another region is an error with a name.
      redirect: 'manual',
      signal: AbortSignal.any([signal, late.signal]),
    });
  } finally {
    clearTimeout(timer);
  }
}

/** With an endpoint the bucket stands in the path; with Amazon's in the host, unless a dot in it would break TLS. */
function addressOf(
  { endpoint, name, region }: BucketPlace,
  key: string | null,
  query: Record<string, string> = {},
): URL {
  const amazon = `s3.${region}.amazonaws.com`;
  const base = endpoint ?? (name.includes('.') ? `https://${amazon}` : `https://${name}.${amazon}`);
  const bucket = endpoint === null && !name.includes('.') ? '' : `/${name}`;
  const path = (key ?? '').split('/').map(encodeURIComponent).join('/');
  const address = new URL(`${base}${bucket}/${path}`);
  for (const [word, value] of Object.entries(query)) address.searchParams.set(word, value);
  return address;
}
