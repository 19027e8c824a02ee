import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { artifactHref } from '../../src/dashboard/artifact-path.ts';
import { rangeOf, serveArtifacts } from '../../src/dashboard/artifacts.ts';
import { artifactFolder } from '../../src/store/artifact-folder.ts';

let folder: string;
const app = new Hono();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'greenroom-artifacts-'));
  const suite = join(folder, 'runs', 'r1', 'e2e');
  await mkdir(join(suite, 'report', 'data'), { recursive: true });
  await mkdir(join(folder, 'runs', 'r2'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'ours');
  await writeFile(join(folder, 'runs', 'r2', 'other.txt'), 'another run');
  await writeFile(join(suite, 'report', 'index.html'), '<!doctype html>\n<script>1</script>');
  await writeFile(join(suite, 'report', 'data', 'a b#?.png'), 'png');
  await writeFile(join(suite, 'trace.zip'), 'zip');
  await writeFile(join(suite, 'video.webm'), '0123456789');
  await writeFile(join(suite, 'empty.txt'), '');
  await symlink(join(folder, 'secret.txt'), join(suite, 'link.txt'));
  await symlink(folder, join(suite, 'up'));
  serveArtifacts(app, { artifacts: artifactFolder(join(folder, 'runs')), elsewhere: async () => null });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});
const get = (path: string, headers: Record<string, string> = {}) => app.request(path, { headers });

test('a report is served as a page in a sandbox without our origin', async () => {
  const response = await get(artifactHref('r1', 'e2e', 'report/index.html'));

  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toBe('sandbox allow-scripts');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  const page = await response.text();
  expect(page).toMatch(/^<!doctype html><script>for\(.*<\/script>\n<script>1<\/script>$/);
  expect(response.headers.get('content-length')).toBe(String(page.length));
});

test('a page that is made to hold up whoever looks for its doctype is answered at once', async () => {
  await writeFile(join(folder, 'runs', 'r1', 'e2e', 'slow.html'), `${'<!---->'.repeat(140)}x`);
  const startedAt = performance.now();

  const response = await get(artifactHref('r1', 'e2e', 'slow.html'));

  expect(await response.text()).toMatch(/^<script>.*<\/script>(<!---->){140}x$/);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test.each([
  ['a byte order mark', '\uFEFF<!DOCTYPE html>'],
  ['a comment and blanks', ' <!-- a -- b -->\n<!doctype html>'],
])('the storage goes behind a doctype after %s', async (_, start) => {
  await writeFile(join(folder, 'runs', 'r1', 'e2e', 'start.html'), `${start}<p>`);

  const response = await get(artifactHref('r1', 'e2e', 'start.html'));

  const page = Buffer.from(await response.arrayBuffer()).toString();
  expect(page.startsWith(`${start}<script>`)).toBe(true);
  expect(page.endsWith('</script><p>')).toBe(true);
});

test('any file name finds its way back', async () => {
  const response = await get(artifactHref('r1', 'e2e', 'report/data/a b#?.png'));

  expect([response.status, await response.text()]).toEqual([200, 'png']);
});

test('a trace is a download, for its viewer cannot work in a sandbox', async () => {
  const response = await get(artifactHref('r1', 'e2e', 'trace.zip'));

  expect(response.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''trace.zip");
  expect(response.headers.get('content-security-policy')).toBe('sandbox allow-scripts');
});

test.each([
  '/runs/r1/artifacts/..%2f..%2fsecret.txt',
  '/runs/r1/artifacts/e2e/..%2f..%2f..%2fsecret.txt',
  '/runs/r1/artifacts/e2e/%2e%2e/%2e%2e/r2/other.txt',
  '/runs/r1/artifacts/e2e/link.txt',
  '/runs/r1/artifacts/e2e/up/secret.txt',
  '/runs/..%2f/artifacts/secret.txt',
  '/runs/%2e%2e/artifacts/secret.txt',
  '/runs/r1/artifacts/e2e%00/trace.zip',
  '/runs/r1/artifacts/e2e//trace.zip',
  '/runs/r1/artifacts/e2e',
  '/runs/r1/artifacts/e2e/report',
  '/runs/r1/artifacts/e2e/nothing.txt',
  '/runs/r1/artifacts/%ff',
])('%s is not there', async (path) => {
  expect((await get(path)).status).toBe(404);
});

test('a video is served by ranges, an empty file whole', async () => {
  const video = artifactHref('r1', 'e2e', 'video.webm');
  const middle = await get(video, { range: 'bytes=2-4' });
  const beyond = await get(video, { range: 'bytes=10-' });
  const empty = await get(artifactHref('r1', 'e2e', 'empty.txt'));

  expect([middle.status, middle.headers.get('content-range'), await middle.text()]).toEqual([
    206,
    'bytes 2-4/10',
    '234',
  ]);
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10']);
  expect([empty.status, await empty.text()]).toEqual([200, '']);
});

test.each([
  [undefined, null],
  ['bytes=0-', { from: 0, to: 9 }],
  ['bytes=-3', { from: 7, to: 9 }],
  ['bytes=-30', { from: 0, to: 9 }],
  ['bytes=4-100', { from: 4, to: 9 }],
  ['bytes=5-4', 'outside'],
  ['bytes=0-1,4-5', null],
  ['bytes=-', null],
  ['lines=1-2', null],
])('the range %j of ten bytes is %j', (header, range) => {
  expect(rangeOf(header, 10)).toEqual(range);
});
