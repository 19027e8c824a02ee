import { join } from 'node:path';
import type { Config } from '../config/operator-config.ts';
import { artifactBucket } from '../store/artifact-bucket.ts';
import { artifactFolder } from '../store/artifact-folder.ts';
import type { ArtifactStore } from '../store/artifact-store.ts';
import type { BucketPlace } from '../store/bucket.ts';
import { checkBucket } from '../store/check-bucket.ts';

/** The bucket, when one is configured; it is asked nothing yet. */
export function openArtifacts({ s3, service }: Config): ArtifactStore {
  return s3 === null
    ? artifactFolder(join(service.dataDir, 'runs'))
    : artifactBucket(bucketPlace(s3), prefixOf(service.instance));
}

/**
 * Told at the start and not by a run's missing reports. Only for what makes runs: a teardown must not need the bucket.
 * @throws RunError BUCKET_UNREACHABLE, BUCKET_MISSING, BUCKET_DENIED, BUCKET_REFUSED
 */
export async function checkArtifacts({ s3, service }: Config, signal: AbortSignal): Promise<void> {
  if (s3 !== null) await checkBucket(bucketPlace(s3), prefixOf(service.instance), signal);
}

/** Installations may share a bucket. */
function prefixOf(instance: string): string {
  return `${instance}/runs`;
}

function bucketPlace(s3: NonNullable<Config['s3']>): BucketPlace {
  const { endpoint, bucket: name, region, accessKeyId, secretAccessKey, sessionToken } = s3;
  return {
    endpoint,
    name,
    region,
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    sessionToken: sessionToken?.reveal() ?? null,
  };
}
