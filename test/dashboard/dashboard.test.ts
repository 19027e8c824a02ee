import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDashboard } from '../../src/dashboard/dashboard.ts';
import { silentLog } from '../../src/log.ts';
import { artifactFolder } from '../../src/store/artifact-folder.ts';
import { appendLog } from '../../src/store/run-log.ts';
import type { Store } from '../../src/store/store.ts';
import { saveReceipt } from '../../src/store/teardowns.ts';
import { VerdictDocument } from '../../src/verdict/verdict-document.ts';
import { openQuickStore } from '../store/quick-store.ts';
import { openAccess } from './open-access.ts';
import { begun, blockedDocument, liveDocument, redDocument } from './sample-documents.ts';
import { storeRun } from './stored-run.ts';

let store: Store;
let now = begun;
const dashboard = () =>
  createDashboard({ store, artifacts: artifactFolder('/nonexistent'), access: openAccess, log: silentLog() });
const get = (path: string, init: RequestInit = {}) => dashboard().request(path, init);
const text = async (path: string) => (await get(path)).text();

beforeAll(async () => {
  store = await openQuickStore(() => new Date(now));
  await storeRun(store, 'red', redDocument());
  now += 1_000;
  await storeRun(store, 'blocked', { ...blockedDocument(), run: { ...blockedDocument().run, change: 7 } });
  now += 30_000;
  await storeRun(store, 'live', liveDocument());
  await store.transaction(async (tx) => {
    const at = new Date(begun).toISOString();
    const forged = `said\n${at} greenroom all is well`;
    await appendLog(tx, 'red', [
      { at, source: 'web', line: 'GET / 200' },
      { at, source: 'web', line: forged },
    ]);
    const object = { kind: 'Deployment', namespace: 'gr-red', name: 'web', uid: 'u1' };
    const receipt = { ...redDocument().teardown, created: [object], gone: [object], volumes: [] };
    await saveReceipt(tx, 'red', receipt, tx.now);
  });
});
afterAll(async () => {
  await store.close();
});

test('a red run shows the failed test first, with its message, evidence and attempts', async () => {
  const page = await text('/runs/red');

  expect(page.indexOf('a visitor buys two lamps')).toBeLessThan(page.indexOf('signing in keeps the basket'));
  expect(page).toContain('Locator:  getByTestId(&#39;order-number&#39;)');
  expect(page).toContain('POST /checkout 500 31ms');
  expect(page).toContain('2 attempts');
  expect(page).toContain('modified by this change');
  expect(page).toContain('href="/runs/red/artifacts/shopping/report/index.html"');
  expect(page).toContain('p95 latency per second over 59 seconds');
  expect(page).toContain('23 of 23 resources proven gone.');
  expect(page).toContain('Deployment <code>gr-red/web</code>');
  expect(page).toContain('GET / 200');
  expect(page).toContain('run 2</a>');
});

test('a settled run is not fetched again, a live one and one that is not torn down are', async () => {
  expect(await text('/runs/red')).not.toContain('data-live=');
  expect(await text('/runs/live')).toContain('data-live="/runs/live"');
  expect(await text('/')).toContain('data-live="/"');
});

test('a blocked teardown names what blocks it, on the list as well', async () => {
  expect(await text('/runs/blocked')).toContain('finalizer kubernetes.io/pvc-protection');
  expect(await text('/')).toContain('teardown blocked');
});

test('an unchanged page is not sent again', async () => {
  const first = await get('/runs/red');
  const again = await get('/runs/red', { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });

  expect(again.status).toBe(304);
});

test('a page lets nothing in from elsewhere and its address does not leave', async () => {
  const { headers } = await get('/runs/red');

  expect(headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-/,
  );
  expect(headers.get('content-security-policy')).not.toContain('unsafe');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
});

test('the API speaks the verdict contract, live', async () => {
  const document = await (await get('/api/runs/live')).json();
  const list = (await (await get('/api/runs')).json()) as { runs: { id: string }[]; next: string | null };

  expect(VerdictDocument.parse(document)).toMatchObject({ phase: 'testing', verdict: null, run: { id: 'live' } });
  expect(list.runs.map((run) => run.id)).toEqual(['live', 'blocked', 'red']);
  expect(list.next).toBeNull();
});

test('an unknown run is said to be unknown', async () => {
  const answers = await Promise.all(['/runs/none', '/api/runs/none', '/runs/none/log.txt'].map((path) => get(path)));

  expect(answers.map((answer) => answer.status)).toEqual([404, 404, 404]);
});

test('the log is there as text, and no line of it passes for two', async () => {
  expect(await text('/runs/red/log.txt')).toBe(
    '2026-01-01T10:00:00.000Z web GET / 200\n' +
      '2026-01-01T10:00:00.000Z web said\n  2026-01-01T10:00:00.000Z greenroom all is well\n',
  );
});

test('files that could not be stored are counted and not linked', async () => {
  const { suites, ...rest } = redDocument();
  const lost = suites.map((suite) => ({
    ...suite,
    artifacts: suite.artifacts.map((artifact) => ({ ...artifact, notStored: true })),
  }));
  await storeRun(store, 'lost', { ...rest, run: { ...rest.run, change: 9 }, suites: lost });

  const page = await text('/runs/lost');

  expect(page).toMatch(/\d+ files of this suite could not be stored; the log says why/);
  expect(page).not.toContain('/runs/lost/artifacts/');
});
