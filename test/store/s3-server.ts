import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askBucket, type BucketPlace } from '../../src/store/bucket.ts';
import { freePort } from '../free-port.ts';

export interface S3Server {
  /** A new, empty bucket, with the keys of its owner. */
  freshBucket(): Promise<BucketPlace>;
  /** Keys of a user who exists and may do nothing with others' buckets. */
  stranger: Pick<BucketPlace, 'accessKeyId' | 'secretAccessKey'>;
  /** Every key in the bucket. */
  keysIn(bucket: BucketPlace): Promise<string[]>;
  /** Takes connections and never answers, as a machine that hangs, until `wake`. */
  freeze(): void;
  wake(): void;
  stop(): Promise<void>;
}

const owner = { accessKeyId: 'greenroom', secretAccessKey: 'open-sesame' };
const stranger = { accessKeyId: 'mallory', secretAccessKey: 'knock-knock' };
const accounts = { [stranger.accessKeyId]: account(stranger, 'user') };

/** A real S3 server (versitygw) over a temp folder, on a loopback port. */
export async function startS3(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'greenroom-s3-'));
  for (const name of ['objects', 'metadata', 'accounts']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'accounts', 'users.json'), JSON.stringify({ accessAccounts: accounts }));
  const port = await freePort();
  const keys = [
    '--access',
    owner.accessKeyId,
    '--secret',
    owner.secretAccessKey,
    '--iam-dir',
    join(folder, 'accounts'),
  ];
  const server = spawn(
    process.env.GREENROOM_TEST_S3 ?? '',
    [
      ...keys,
      '--port',
      `127.0.0.1:${port}`,
      '--quiet',
      'posix',
      '--sidecar',
      join(folder, 'metadata'),
      join(folder, 'objects'),
    ],
    { cwd: folder, stdio: 'ignore' },
  );
  const endpoint = `http://127.0.0.1:${port}`;
  const bucketOf = (name: string): BucketPlace => ({
    endpoint,
    name,
    region: 'us-east-1',
    sessionToken: null,
    ...owner,
  });
  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  await untilItAnswers(endpoint, server, stop);
  let buckets = 0;
  return {
    stranger,
    stop,
    freeze: () => server.kill('SIGSTOP'),
    wake: () => server.kill('SIGCONT'),
    async freshBucket() {
      buckets += 1;
      const bucket = bucketOf(`reports-${buckets}`);
      await askBucket(bucket, { method: 'PUT', key: null, signal: AbortSignal.timeout(10_000) });
      return bucket;
    },
    async keysIn(bucket) {
      const query = { 'list-type': '2' };
      const answer = await askBucket(bucket, { method: 'GET', key: null, query, signal: AbortSignal.timeout(10_000) });
      return [...((await answer?.text()) ?? '').matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
    },
  };
}

function account({ accessKeyId, secretAccessKey }: typeof stranger, role: string) {
  return { access: accessKeyId, secret: secretAccessKey, role, userID: 0, groupID: 0, projectID: 0 };
}

async function untilItAnswers(endpoint: string, server: ChildProcess, stop: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 200 && server.exitCode === null; attempt++) {
    const answered = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await sleep(50);
  }
  await stop();
  throw new Error(`the S3 server "${process.env.GREENROOM_TEST_S3}" did not answer within 10 s`);
}
