import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from '@playwright/test';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDashboard } from '../../src/dashboard/dashboard.ts';
import { silentLog } from '../../src/log.ts';
import { artifactFolder } from '../../src/store/artifact-folder.ts';
import { appendLog } from '../../src/store/run-log.ts';
import { runById } from '../../src/store/runs.ts';
import type { Store } from '../../src/store/store.ts';
import { saveReceipt } from '../../src/store/teardowns.ts';
import { VerdictDocument } from '../../src/verdict/verdict-document.ts';
import { type Served, serve } from '../../src/webhook/serve.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';
import { openAccess } from './open-access.ts';
import { makeK6Dashboard, makePlaywrightReport } from './real-reports.ts';
import { begun, liveDocument, redDocument } from './sample-documents.ts';
import { storeRun } from './stored-run.ts';

let folder: string;
let store: Store;
let served: Served;
let browser: Browser;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'greenroom-pages-'));
  store = await openEmbeddedStore({ log: silentLog(), wakeUps: 'none', clock: () => new Date(begun + 48_000) });
  const app = new Hono().route(
    '/',
    createDashboard({ store, artifacts: artifactFolder(folder), access: openAccess, log: silentLog() }),
  );
  served = await serve(app, { host: '127.0.0.1', port: 0 });
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  await store?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A page that records what went wrong on it: scripts that threw, and whatever the policy stopped. */
async function open(path: string, options: { width?: number; colorScheme?: 'light' | 'dark' } = {}) {
  const { width = 1280, colorScheme = 'light' } = options;
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(message.text());
  });
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => undefined);
  });
  await page.goto(served.url + path);
  return { page, wrong };
}

/** Every text of a document made hostile: each would show a dialog if it were ever taken for markup. */
function hostile(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    const fixed =
      /^(schema|phase|verdict|status|class|kind|trigger|id|mediaType|method|namespace)$|(A|a)t$|(S|s)ha/.test(key);
    return fixed ? value : `"'></script><img src=x onerror=alert(1)><script>alert(2)</script>${value}`;
  }
  if (Array.isArray(value)) return value.map((each) => hostile(each, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      name === 'name' && 'durationMs' in value && !('tests' in value) && !('attempts' in value)
        ? each
        : hostile(each, name),
    ]),
  );
}

test('text that a change wrote is text wherever it is shown', async () => {
  const document = VerdictDocument.parse(hostile(redDocument()));
  await storeRun(store, 'hostile', { ...document, run: { ...document.run, change: 1 } });
  await store.transaction(async (tx) => {
    const line = '</span></div><script>alert(3)</script><img src=x onerror=alert(4)>';
    await appendLog(tx, 'hostile', [{ at: new Date(begun).toISOString(), source: line, line }]);
    const object = { kind: line, namespace: line, name: line, uid: line };
    const receipt = { ...document.teardown, created: [object], gone: [], volumes: [{ name: line, status: line }] };
    await saveReceipt(tx, 'hostile', receipt, tx.now);
  });

  for (const path of ['/runs/hostile', '/']) {
    const { page, wrong } = await open(path);
    const injected = await page.locator('img[src="x"], main script, main [onerror]').count();
    const shown = await page.locator('main').textContent();
    await page.close();

    expect(injected).toBe(0);
    expect(shown).toContain('<script>alert(2)</script>');
    expect(wrong.filter((line) => !line.includes('404'))).toEqual([]);
  }
});

test.each([
  ['/runs/shown', 1280, 'light'],
  ['/runs/shown', 400, 'dark'],
  ['/', 400, 'light'],
] as const)('%s fits %i pixels in %s, without a word from the policy', async (path, width, colorScheme) => {
  if ((await runById(store, 'shown')) === null) {
    const red = redDocument();
    const suites = red.suites.map((suite) => ({ ...suite, artifacts: [] }));
    await storeRun(store, 'shown', { ...red, suites, run: { ...red.run, change: 2 } });
  }
  const { page, wrong } = await open(path, { width, colorScheme });

  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.close();

  expect(overflow).toBeLessThanOrEqual(0);
  expect(paper).toBe(colorScheme === 'dark' ? 'rgb(14, 17, 22)' : 'rgb(246, 247, 249)');
  expect(wrong).toEqual([]);
});

test('a live page follows its run to the end and keeps open what the reader opened', async () => {
  const live = liveDocument();
  await storeRun(store, 'followed', { ...live, run: { ...live.run, change: 3 } });
  const { page, wrong } = await open('/runs/followed');
  await page.getByText('4 passed').click();
  const red = redDocument();
  const suites = red.suites.map((suite) => ({ ...suite, artifacts: [] }));
  const document = { ...red, suites, run: { ...red.run, id: 'followed' } };
  await store.db.updateTable('runs').set({ phase: 'done', document }).where('id', '=', 'followed').execute();

  await page.getByText('1 of 6 tests failed').first().waitFor({ timeout: 60_000 });
  const stillOpen = await page.getByText('search finds the lamp').isVisible();
  await page.locator('.live').waitFor({ state: 'detached', timeout: 60_000 });
  await page.close();

  expect(stillOpen).toBe(true);
  expect(wrong).toEqual([]);
});

test("Playwright's own report works in its sandbox and sees nothing of ours", async () => {
  await makePlaywrightReport(join(folder, 'reported', 'e2e'));
  const { page } = await open('/runs/reported/artifacts/e2e/report/index.html');

  await page.getByText('the order number appears').first().waitFor({ timeout: 60_000 });
  await page.getByText('the order number appears').first().click();
  await page.getByText('Received').first().waitFor({ timeout: 60_000 });
  const picture = page.locator('img[src*="data/"]').first();
  await picture.waitFor({ timeout: 60_000 });
  const drawn = await picture.evaluate((image) => (image as HTMLImageElement).naturalWidth);
  const origin = await page.evaluate(() => window.origin);
  await page.getByText('View Trace').first().click();
  const download = page.waitForEvent('download');
  await page.getByText(/^Download .*\.zip$/).click();
  const trace = (await download).suggestedFilename();
  await page.close();

  expect(drawn).toBeGreaterThan(0);
  expect(origin).toBe('null');
  expect(trace).toMatch(/^[0-9a-f]{40}\.zip$/);
});

test("k6's dashboard works in its sandbox", async () => {
  await makeK6Dashboard(join(folder, 'reported', 'load'));
  const { page } = await open('/runs/reported/artifacts/load/dashboard.html');

  await page.getByText('HTTP Request').first().waitFor({ timeout: 60_000 });
  const charts = await page.locator('canvas').count();
  await page.close();

  expect(charts).toBeGreaterThan(0);
});
