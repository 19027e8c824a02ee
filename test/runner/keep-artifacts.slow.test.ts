import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { forgetOld } from '../../src/runner/forget-old.ts';
import { keepArtifacts } from '../../src/runner/keep-artifacts.ts';
import { foldersOf, type Stage } from '../../src/runner/stage.ts';
import { artifactBucket } from '../../src/store/artifact-bucket.ts';
import type { BucketPlace } from '../../src/store/bucket.ts';
import { runById } from '../../src/store/runs.ts';
import { saveReceipt } from '../../src/store/teardowns.ts';
import type { SuiteResult } from '../../src/suites/suite-result.ts';
import { redDocument } from '../dashboard/sample-documents.ts';
import { storeRun } from '../dashboard/stored-run.ts';
import { aSuite } from '../report/builders.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';
import { type S3Server, startS3 } from '../store/s3-server.ts';

let server: S3Server;
let folder: string;
let bucket: BucketPlace;
const said: string[] = [];
beforeAll(async () => {
  server = await startS3();
  folder = await mkdtemp(join(tmpdir(), 'greenroom-keep-'));
});
beforeEach(async () => {
  said.length = 0;
  bucket = await server.freshBucket();
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

function aStage(place = bucket): Pick<Stage, 'artifacts' | 'dataDir' | 'onLine' | 'log'> {
  const artifacts = artifactBucket(place, 'acme/runs');
  return { artifacts, dataDir: folder, log: silentLog(), onLine: (_run, _source, line) => said.push(line) };
}

/** A red suite whose files lie where its pod's were unpacked. */
async function aRedSuite(files: number): Promise<SuiteResult> {
  const name = 'shopping';
  const outputs = join(foldersOf({ dataDir: folder }, 'r1').outputs, name);
  await mkdir(outputs, { recursive: true });
  const sha256 = createHash('sha256').update('seen').digest('hex');
  const artifacts = Array.from({ length: files }, (_, index) => ({
    ...{ name: `${index}.txt`, mediaType: 'text/plain', bytes: 4, sha256 },
    href: `/runs/r1/artifacts/${name}/${index}.txt`,
  }));
  for (const artifact of artifacts) await writeFile(join(outputs, artifact.name), 'seen');
  return aSuite({ name, status: 'failed', artifacts });
}

test('a suite’s files go into the bucket, and nothing is noted', async () => {
  const suite = await aRedSuite(20);

  const kept = await keepArtifacts(aStage(), 'r1', suite);

  expect(kept).toEqual(suite);
  expect(said).toEqual([]);
  expect((await server.keysIn(bucket)).filter((key) => key.startsWith('acme/runs/r1/shopping/'))).toHaveLength(20);
});

test('a bucket that is gone in mid-run leaves the verdict and notes the files, soon', async () => {
  const suite = await aRedSuite(200);
  const startedAt = performance.now();

  const kept = await keepArtifacts(aStage({ ...bucket, endpoint: 'http://127.0.0.1:2' }), 'r1', suite);

  expect(kept.status).toBe('failed');
  expect(kept.tests).toEqual(suite.tests);
  expect(kept.artifacts.every((artifact) => artifact.notStored)).toBe(true);
  expect(said).toEqual([expect.stringMatching(/^200 of 200 files not stored: .*ECONNREFUSED/)]);
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});

test('a bucket that takes connections and never answers holds nothing up for long', async () => {
  const suite = await aRedSuite(50);
  const startedAt = performance.now();

  server.freeze();
  const kept = await keepArtifacts(aStage(), 'r1', suite).finally(() => server.wake());

  expect(kept.artifacts.filter((artifact) => artifact.notStored)).toHaveLength(50);
  expect(said[0]).toMatch(/no answer within 10 s/);
  expect(performance.now() - startedAt).toBeLessThan(40_000);
});

test('a bucket that hangs for a moment gets its files by a second try', async () => {
  const suite = await aRedSuite(5);

  server.freeze();
  setTimeout(() => server.wake(), 2_000);
  const kept = await keepArtifacts(aStage(), 'r1', suite);

  expect(kept).toEqual(suite);
});

test('what the retention forgets leaves the bucket; while the bucket is away, the run is still known', async () => {
  const store = await openEmbeddedStore({ log: silentLog(), wakeUps: 'none' });
  await storeRun(store, 'r1', redDocument());
  await store.transaction(async (tx) => {
    await tx.db
      .updateTable('runs')
      .set({ phase: 'done', finished_at: new Date(0) })
      .execute();
    await saveReceipt(tx, 'r1', { ...redDocument().teardown }, tx.now);
  });
  await keepArtifacts(aStage(), 'r1', await aRedSuite(3));

  const away = await forgetOld(store, aStage({ ...bucket, endpoint: 'http://127.0.0.1:2' }), 1_000);
  const known = await runById(store, 'r1');
  const there = await forgetOld(store, aStage(), 1_000);

  expect([away, known?.id, there, await runById(store, 'r1')]).toEqual([0, 'r1', 1, null]);
  expect(await server.keysIn(bucket)).toEqual([]);
  await store.close();
});
