import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRun } from '../../src/store/create-run.ts';
import type { Store } from '../../src/store/store.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';
import { openQuickStore } from '../store/quick-store.ts';
import { sampleRun, wantedRun } from '../store/sample-run.ts';

let store: Store;
beforeAll(async () => {
  store = await openQuickStore();
});
afterAll(async () => {
  await store.close();
});

test('a finished run is counted by verdict and class, with the length of its phases', async () => {
  await store.transaction((tx) => createRun(tx, wantedRun('r1')));
  const metrics = createMetrics(store);
  const { document } = sampleRun('r2', 1);
  metrics.runFinished({
    ...document,
    run: { ...document.run, finishedAt: '2026-01-01T00:01:30.000Z' },
    verdict: 'failed',
    failure: { class: 'product', code: 'TEST_FAILED', message: 'checkout', remedy: 'fix it', evidence: [] },
    phases: [{ name: 'provisioning', status: 'passed', startedAt: '2026-01-01T00:00:00.000Z', durationMs: 12_000 }],
  });

  const text = await metrics.expose();

  expect(text).toContain('greenroom_runs_total{verdict="failed",class="product"} 1');
  expect(text).toMatch(/cicd_pipeline_run_duration_seconds_sum\{.*cicd_pipeline_result="failure".*\} 90/);
  expect(text).toContain('greenroom_phase_duration_seconds_sum{phase="provisioning",status="passed"} 12');
  expect(text).toContain('cicd_pipeline_run_active{cicd_pipeline_name="greenroom"} 1');
  expect(text).toContain('greenroom_environments 1');
  expect(text).toContain('greenroom_teardowns_blocked 0');
  expect(text).toContain('greenroom_oldest_blocked_teardown_seconds 0');
  expect(text).toContain('greenroom_teardown_attempts 0');
  expect(text).not.toMatch(/acme|r1|aaaaaaa/);
});

test("what is left of a forge's limits shows for each installation", async () => {
  const metrics = createMetrics(store, () => [{ holder: '4711', limit: 5000, remaining: 4321 }]);

  const text = await metrics.expose();

  expect(text).toContain('greenroom_forge_quota_remaining{installation="4711"} 4321');
  expect(text).toContain('greenroom_forge_quota_limit{installation="4711"} 5000');
});
