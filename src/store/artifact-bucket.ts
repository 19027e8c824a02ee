import { openAsBlob } from 'node:fs';
import PQueue from 'p-queue';
import { misnamed } from './artifact-folder.ts';
import { type ArtifactStore, artifactParts, type KeptArtifact, type NewArtifact } from './artifact-store.ts';
import { askBucket, type BucketPlace } from './bucket.ts';
import { undeletable } from './bucket-errors.ts';

/** The largest page that S3 lists. */
const pageSize = 1_000;
const deletesAtOnce = 16;
const forgetWithinMs = 120_000;

/**
 * Files of runs in a bucket, as `<prefix>/<run id>/<suite>/<name>`. Nobody but us reads there: pages are served by the dashboard.
 * @param prefix keeps installations apart that share a bucket
 */
export function artifactBucket(place: BucketPlace, prefix: string): ArtifactStore {
  return {
    put: (artifact, signal) => put(place, prefix, artifact, signal),
    open: (runId, path, signal) => open(place, prefix, { runId, path, signal }),
    forget: (runId) => forget(place, `${prefix}/${runId}/`, AbortSignal.timeout(forgetWithinMs)),
  };
}

/** Read from the disk while it is sent; the server holds what came against the hash that we took of it when it came to us. */
async function put(place: BucketPlace, prefix: string, artifact: NewArtifact, signal: AbortSignal): Promise<void> {
  const { runId, path, file, mediaType, sha256 } = artifact;
  if (artifactParts(runId, path) === null) throw misnamed(path);
  const headers = { 'Content-Type': mediaType, 'X-Amz-Content-Sha256': sha256 };
  const body = await openAsBlob(file, { type: mediaType });
  const answer = await askBucket(place, { method: 'PUT', key: `${prefix}/${runId}/${path}`, headers, body, signal });
  await answer?.arrayBuffer();
}

interface Wanted {
  runId: string;
  path: string;
  signal: AbortSignal;
}

async function open(place: BucketPlace, prefix: string, { runId, path, signal }: Wanted): Promise<KeptArtifact | null> {
  if (artifactParts(runId, path) === null) return null;
  const key = `${prefix}/${runId}/${path}`;
  const found = await askBucket(place, { method: 'HEAD', key, signal });
  if (found === null) return null;
  return {
    bytes: Number(found.headers.get('content-length')),
    async read(from, to) {
      const headers = { Range: `bytes=${from}-${to}` };
      const answer = await askBucket(place, { method: 'GET', key, headers, signal });
      return answer?.body ?? new ReadableStream({ start: (controller) => controller.close() });
    },
  };
}

/** What is listed is deleted until nothing is listed: no page of the list is ever continued, so none can be missed. */
async function forget(place: BucketPlace, prefix: string, signal: AbortSignal): Promise<void> {
  const queue = new PQueue({ concurrency: deletesAtOnce });
  let stubborn: string | undefined;
  for (let keys = await list(place, prefix, signal); keys.length > 0; keys = await list(place, prefix, signal)) {
    if (keys[0] === stubborn) throw undeletable(place, keys[0] ?? '');
    stubborn = keys[0];
    await queue.addAll(
      keys.map((key) => async () => {
        const answer = await askBucket(place, { method: 'DELETE', key, signal });
        await answer?.arrayBuffer();
      }),
    );
  }
}

async function list(place: BucketPlace, prefix: string, signal: AbortSignal): Promise<string[]> {
  const query = { 'list-type': '2', 'max-keys': String(pageSize), prefix };
  const answer = await askBucket(place, { method: 'GET', key: null, query, signal });
  const said = (await answer?.text()) ?? '';
  return [...said.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => withoutEntities(key));
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** PURE. A key as XML writes it. */
function withoutEntities(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hexadecimal, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    return String.fromCodePoint(decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal));
  });
}
