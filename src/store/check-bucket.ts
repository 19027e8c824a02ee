import { createHash, randomUUID } from 'node:crypto';
import { askBucket, type BucketPlace } from './bucket.ts';

const withinMs = 45_000;

/**
 * Puts a small object into the bucket, reads it, lists it and takes it away again: everything that a run will need.
 * @throws RunError BUCKET_UNREACHABLE, BUCKET_MISSING, BUCKET_DENIED, BUCKET_REFUSED, each with its remedy
 */
export async function checkBucket(place: BucketPlace, prefix: string, signal: AbortSignal): Promise<void> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  const key = `${prefix}/check-${randomUUID()}`;
  const text = 'Greenroom looks whether it can write here.\n';
  const headers = { 'X-Amz-Content-Sha256': createHash('sha256').update(text).digest('hex') };
  const ask = async (
    request: Pick<Parameters<typeof askBucket>[1], 'method' | 'key' | 'query' | 'headers' | 'body'>,
  ) => {
    const answer = await askBucket(place, { ...request, signal: within });
    await answer?.arrayBuffer();
  };
  await ask({ method: 'PUT', key, headers, body: new Blob([text]) });
  try {
    await ask({ method: 'GET', key });
    await ask({ method: 'GET', key: null, query: { 'list-type': '2', 'max-keys': '1', prefix: key } });
  } finally {
    await ask({ method: 'DELETE', key });
  }
}
