import { RunError, type RunErrorOptions } from '../errors.ts';
import type { BucketPlace, BucketRequest } from './bucket.ts';

const rights = 's3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket';

/** PURE. No answer at all, or none in time. */
export function unreachableBucket(place: BucketPlace, request: BucketRequest, cause: unknown): RunError {
  return new RunError(doing(place, request), {
    code: 'BUCKET_UNREACHABLE',
    remedy: 'retry',
    hint: `Check GREENROOM_S3_ENDPOINT (${place.endpoint ?? `Amazon S3 in ${place.region}`}) and that this machine reaches it.`,
    cause,
  });
}

/** PURE. What a server that answers means by it, for the person who can act. */
export function refusedByBucket(place: BucketPlace, request: BucketRequest, status: number, said: string): RunError {
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(said)?.[1] ?? '';
  const message = /<Message>([^<]{1,300})<\/Message>/.exec(said)?.[1] ?? '';
  const cause = new Error(`status ${status}${code ? ` ${code}` : ''}${message ? `: ${message}` : ''}`);
  return new RunError(doing(place, request), { ...meaning(place, status, code), cause });
}

/** PURE. It is listed again after it was deleted. */
export function undeletable({ name }: BucketPlace, key: string): RunError {
  return new RunError(`deleting "${key}" in the bucket "${name}"`, {
    code: 'BUCKET_REFUSED',
    remedy: 'fix-input',
    hint: 'The bucket takes deletions and keeps its objects: look at its object lock and its rules.',
  });
}

function meaning({ name, region }: BucketPlace, status: number, code: string): RunErrorOptions {
  if (code === 'NoSuchBucket' || (status === 404 && code === '')) {
    const hint = `There is no bucket "${name}" here: make it, or correct GREENROOM_S3_BUCKET or GREENROOM_S3_ENDPOINT.`;
    return { code: 'BUCKET_MISSING', remedy: 'fix-input', hint };
  }
  if (code === 'RequestTimeTooSkewed') {
    return {
      code: 'BUCKET_REFUSED',
      remedy: 'fix-input',
      hint: "This machine's clock and the server's differ: set it.",
    };
  }
  if (status === 301 || status === 307 || code === 'AuthorizationHeaderMalformed') {
    const hint = `The bucket is in another region than "${region}": set AWS_REGION.`;
    return { code: 'BUCKET_REFUSED', remedy: 'fix-input', hint };
  }
  if (status === 401 || status === 403) {
    const hint = `AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be valid and need ${rights} on "${name}".`;
    return { code: 'BUCKET_DENIED', remedy: 'fix-input', hint };
  }
  if (status >= 500 || status === 429 || status === 408) {
    return {
      code: 'BUCKET_UNREACHABLE',
      remedy: 'retry',
      hint: 'The bucket has trouble of its own, or too much to do.',
    };
  }
  return { code: 'BUCKET_REFUSED', remedy: 'fix-input', hint: 'The cause holds what its server said.' };
}

function doing({ name }: BucketPlace, { method, key }: BucketRequest): string {
  const verb = { PUT: 'putting', DELETE: 'deleting', GET: 'reading', HEAD: 'looking for' }[method];
  return key === null ? `listing the bucket "${name}"` : `${verb} "${key}" in the bucket "${name}"`;
}
