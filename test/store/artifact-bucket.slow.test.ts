import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { artifactHref } from '../../src/dashboard/artifact-path.ts';
import { serveArtifacts } from '../../src/dashboard/artifacts.ts';
import { artifactBucket } from '../../src/store/artifact-bucket.ts';
import { artifactFolder } from '../../src/store/artifact-folder.ts';
import type { ArtifactStore, NewArtifact } from '../../src/store/artifact-store.ts';
import type { BucketPlace } from '../../src/store/bucket.ts';
import { checkBucket } from '../../src/store/check-bucket.ts';
import { greenroom } from '../greenroom-process.ts';
import { type S3Server, startS3 } from './s3-server.ts';

let server: S3Server;
let folder: string;
beforeAll(async () => {
  server = await startS3();
  folder = await mkdtemp(join(tmpdir(), 'greenroom-artifact-bucket-'));
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const patience = () => AbortSignal.timeout(30_000);

async function anArtifact(path: string, content: string | Buffer, runId = 'r1'): Promise<NewArtifact> {
  const file = join(folder, 'outputs');
  await writeFile(file, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { runId, path, file, mediaType: 'text/plain', bytes: Buffer.byteLength(content), sha256 };
}

const names = ['report/index.html', "results/a b#?&+%41 ü'()*!.png", 'data/<Key>&amp;.txt', 'empty.txt', '0'];

describe.each<[string, () => Promise<ArtifactStore>]>([
  ['a bucket', async () => artifactBucket(await server.freshBucket(), 'acme/runs')],
  ['a folder', async () => artifactFolder(await mkdtemp(join(folder, 'runs-')))],
])('artifacts in %s', (_, openArtifacts) => {
  let artifacts: ArtifactStore;
  beforeAll(async () => {
    artifacts = await openArtifacts();
  });

  test.each(names)('%s is read as it was put, whole and in part', async (name) => {
    const content = name === 'empty.txt' ? '' : `0123456789 ${name}`;
    await artifacts.put(await anArtifact(`e2e/${name}`, content), patience());

    const found = await artifacts.open('r1', `e2e/${name}`, patience());

    expect(found?.bytes).toBe(Buffer.byteLength(content));
    if (content === '') return;
    expect(await text((await found?.read(0, Buffer.byteLength(content) - 1)) as never)).toBe(content);
    expect(await text((await found?.read(2, 4)) as never)).toBe('234');
  });

  test.each(['e2e/../../r2/x', '../r2/x', 'e2e//x', 'e2e/nothing', 'e2e', 'e2e/report'])(
    '%s is not there',
    async (path) => {
      expect(await artifacts.open('r1', path, patience())).toBeNull();
    },
  );

  test('a run is forgotten with all its files, and no other run', async () => {
    for (const runId of ['r7', 'r70']) {
      for (const name of names) await artifacts.put(await anArtifact(`e2e/${name}`, 'x', runId), patience());
    }

    await artifacts.forget('r7');
    await artifacts.forget('never-was');

    const left = async (runId: string) =>
      (await Promise.all(names.map((name) => artifacts.open(runId, `e2e/${name}`, patience())))).filter(Boolean).length;
    expect([await left('r7'), await left('r70')]).toEqual([0, names.length]);
  });

  test('a large file comes back byte by byte', async () => {
    const content = Buffer.alloc(24 * 1024 * 1024, 'greenroom');
    const { sha256 } = await anArtifact('load/raw.ndjson', content);
    await artifacts.put(await anArtifact('load/raw.ndjson', content), patience());

    const found = await artifacts.open('r1', 'load/raw.ndjson', patience());

    const hash = createHash('sha256');
    for await (const chunk of (await found?.read(0, content.length - 1)) ?? []) hash.update(chunk);
    expect(hash.digest('hex')).toBe(sha256);
  });

  test('the dashboard serves them in their sandbox, by ranges as well', async () => {
    await artifacts.put(await anArtifact('e2e/page.html', '<!doctype html><p>red</p>'), patience());
    await artifacts.put(await anArtifact('e2e/video.webm', '0123456789'), patience());
    const app = new Hono();
    serveArtifacts(app, { artifacts: artifacts, elsewhere: async () => null });

    const page = await app.request(artifactHref('r1', 'e2e', 'page.html'));
    const part = await app.request(artifactHref('r1', 'e2e', 'video.webm'), { headers: { range: 'bytes=2-4' } });
    const none = await app.request(artifactHref('r1', 'e2e', 'none.html'));

    expect(page.headers.get('content-security-policy')).toBe('sandbox allow-scripts');
    expect(await page.text()).toMatch(/^<!doctype html><script>.*<\/script><p>red<\/p>$/);
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
    expect(none.status).toBe(404);
  });
});

test('a bucket refuses what is not what was hashed', async () => {
  const artifacts = artifactBucket(await server.freshBucket(), 'acme/runs');
  const artifact = await anArtifact('e2e/x', 'as it was');
  await writeFile(artifact.file, 'as it is!');

  await expect(artifacts.put(artifact, patience())).rejects.toMatchObject({ code: 'BUCKET_REFUSED' });
  expect(await artifacts.open('r1', 'e2e/x', patience())).toBeNull();
});

test('more than a page of files is forgotten', async () => {
  const bucket = await server.freshBucket();
  const artifacts = artifactBucket(bucket, 'acme/runs');
  const artifact = await anArtifact('e2e/0', 'x');
  for (let from = 0; from < 1_100; from += 50) {
    const paths = Array.from({ length: 50 }, (_, index) => `e2e/${from + index}`);
    await Promise.all(paths.map((path) => artifacts.put({ ...artifact, path }, patience())));
  }

  await artifacts.forget('r1');

  expect(await server.keysIn(bucket)).toEqual([]);
});

test('while the bucket is away, a reader is told to come again and not where it is', async () => {
  const bucket = { ...(await server.freshBucket()), endpoint: 'http://127.0.0.1:2' };
  const app = new Hono();
  serveArtifacts(app, { artifacts: artifactBucket(bucket, 'acme/runs'), elsewhere: async () => null });

  const answer = await app.request(artifactHref('r1', 'e2e', 'page.html'));

  expect([answer.status, await answer.text()]).toEqual([503, 'The file cannot be read now (BUCKET_UNREACHABLE).']);
});

describe('the look at a bucket', () => {
  const look = (bucket: BucketPlace) => checkBucket(bucket, 'acme/runs', patience());

  test('finds one that works, and leaves nothing in it', async () => {
    const bucket = await server.freshBucket();

    await look(bucket);

    expect(await server.keysIn(bucket)).toEqual([]);
  });

  test.each<[string, (bucket: BucketPlace) => BucketPlace, string, string, RegExp]>([
    ['no such bucket', (b) => ({ ...b, name: 'nobodys' }), 'BUCKET_MISSING', 'fix-input', /no bucket "nobodys"/],
    ['a wrong key', (b) => ({ ...b, secretAccessKey: 'wrong' }), 'BUCKET_DENIED', 'fix-input', /AWS_SECRET_ACCESS_KEY/],
    ['an unknown key', (b) => ({ ...b, accessKeyId: 'who' }), 'BUCKET_DENIED', 'fix-input', /AWS_ACCESS_KEY_ID/],
    ["somebody else's", (b) => ({ ...b, ...server.stranger }), 'BUCKET_DENIED', 'fix-input', /s3:PutObject/],
    ['another region', (b) => ({ ...b, region: 'eu-west-1' }), 'BUCKET_REFUSED', 'fix-input', /AWS_REGION/],
    [
      'nobody there',
      (b) => ({ ...b, endpoint: 'http://127.0.0.1:2' }),
      'BUCKET_UNREACHABLE',
      'retry',
      /GREENROOM_S3_ENDPOINT/,
    ],
    ['no such host', (b) => ({ ...b, endpoint: 'http://s3.invalid' }), 'BUCKET_UNREACHABLE', 'retry', /s3\.invalid/],
  ])('names %s, with the remedy', async (_, wrong, code, remedy, hint) => {
    const bucket = wrong(await server.freshBucket());

    await expect(look(bucket)).rejects.toMatchObject({ code, remedy, hint: expect.stringMatching(hint) });
  });
});

describe('the command line with a bucket that is not there', () => {
  const settings = async () => {
    const { endpoint, accessKeyId, secretAccessKey } = await server.freshBucket();
    return {
      GREENROOM_DATA_DIR: join(folder, 'data'),
      GREENROOM_PORT: '0',
      GREENROOM_S3_ENDPOINT: endpoint ?? '',
      GREENROOM_S3_BUCKET: 'nobodys',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
  };

  test('does not serve, and says which', async () => {
    const ended = await greenroom(['serve'], { env: await settings() });

    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toContain('There is no bucket "nobodys" here');
    expect(ended.stderr).toContain('BUCKET_MISSING');
  });

  test('tells it to whoever asks the doctor, without the key', async () => {
    const env = await settings();

    const ended = await greenroom(['doctor', '--json'], { env });

    const findings = JSON.parse(ended.stdout) as { what: string; ok: boolean; remedy?: string }[];
    expect(findings.find(({ what }) => what === 'bucket')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('NoSuchBucket'),
      remedy: expect.stringContaining('GREENROOM_S3_BUCKET'),
    });
    expect(ended.stdout + ended.stderr).not.toContain(env.AWS_SECRET_ACCESS_KEY);
  });
});
