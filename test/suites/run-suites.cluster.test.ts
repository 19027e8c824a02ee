import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runSuites } from '../../src/suites/run-suites.ts';
import { hasCluster, openSuiteCluster, type SuiteCluster } from './suite-cluster.ts';

const e2e = `import { test, expect } from '@playwright/test';
test('greets', async ({ page }) => { await page.goto('/'); await expect(page.locator('h1')).toHaveText('Hello'); });
test('fails', async ({ page }) => { await page.goto('/'); await expect(page.locator('h1')).toHaveText('Bye', { timeout: 500 }); });
test('is flaky', async ({}, info) => { expect(info.retry).toBe(1); });`;
const load = `import http from 'k6/http';
export const options = { vus: 2, duration: '4s', thresholds: { 'http_req_duration{name:slow}': ['p(95)<100'], http_req_failed: ['rate<0.01'] } };
export default function () { http.get(\`\${__ENV.BASE_URL}/slow\`, { tags: { name: 'slow' } }); }`;
const smoke = `- { name: home, path: / , expect: { contains: Hello } }
- { name: wrong, path: /, expect: { status: 404 } }`;

describe.runIf(hasCluster)('suites on a cluster', { timeout: 300_000 }, () => {
  let cluster: SuiteCluster;

  beforeAll(async () => {
    cluster = await openSuiteCluster();
  }, 300_000);
  afterAll(() => cluster?.remove(), 60_000);

  test('three of them run at the same time and bring their results and files home', async () => {
    const planned = await cluster.start([
      { name: 'smoke', kind: 'smoke', path: 'smoke.yaml' },
      { name: 'shopping', kind: 'e2e', path: 'e2e', retries: 1 },
      { name: 'browse', kind: 'load', path: 'load/browse.ts', shards: 2, disturbs: ['load'] },
    ]);
    const input = cluster.input(planned, { 'smoke.yaml': smoke, 'e2e/a.spec.ts': e2e, 'load/browse.ts': load });

    const results = await runSuites(input);

    const [smokeResult, e2eResult, loadResult] = results;
    expect(results.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'smoke failed',
      'shopping failed',
      'browse failed',
    ]);
    expect(smokeResult?.tests.map((one) => one.status).toSorted()).toEqual(['failed', 'passed']);
    expect(e2eResult?.tests.map((one) => `${one.name} ${one.status}`)).toEqual([
      'greets passed',
      'fails failed',
      'is flaky flaky',
    ]);
    expect(loadResult?.metrics?.thresholds).toMatchObject([{ ok: false }, { ok: true }]);
    expect(loadResult?.endpoints?.[0]).toMatchObject({ name: 'slow', method: 'GET', errorRate: 0 });
    expect(loadResult?.overlapped).toEqual(['smoke', 'shopping']);
    const report = e2eResult?.artifacts.find((artifact) => artifact.name === 'report/index.html');
    expect(report?.href).toBe('/runs/run-1/artifacts/shopping/report/index.html');
    const bytes = readFileSync(join(input.artifactsDir, 'shopping/report/index.html'));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(report?.sha256);
    expect(input.progress.some((one) => one.suite === 'browse' && one.shard === 1 && one.done > 0)).toBe(true);
  });
});
