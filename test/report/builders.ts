import { newRun } from '../../src/run/new-run.ts';
import type { Run } from '../../src/run/run.ts';
import type { SuiteResult, TestResult } from '../../src/suites/suite-result.ts';
import type { VerdictDocument } from '../../src/verdict/verdict-document.ts';

export const context = { publicUrl: 'http://greenroom.test' };

export function aTest(part: Partial<TestResult> = {}): TestResult {
  return {
    id: 'e2e:checkout:pays',
    name: 'checkout › pays by card',
    file: 'scenarios/e2e/checkout.spec.ts',
    line: 42,
    project: 'chromium',
    status: 'passed',
    durationMs: 1200,
    attempts: [],
    ...part,
  };
}

export function redTest(part: Partial<TestResult> = {}): TestResult {
  return aTest({
    status: 'failed',
    class: 'product',
    message: "expect(locator).toBeVisible()\nLocator: getByRole('button', { name: 'Pay' })",
    evidence: ['web-5d POST /checkout 500', 'web-5d TypeError: total is undefined'],
    ...part,
  });
}

export function aSuite(part: Partial<SuiteResult> = {}): SuiteResult {
  return {
    name: 'shopping',
    kind: 'e2e',
    required: true,
    modified: false,
    status: 'passed',
    startedAt: '2026-01-01T00:00:10.000Z',
    durationMs: 48_200,
    tests: [aTest()],
    artifacts: [],
    ...part,
  };
}

export function aLoadSuite(part: Partial<SuiteResult> = {}): SuiteResult {
  const series = [1, 2, 3, 4].map((second) => ({ second, rps: 10 * second, p95Ms: 100 * second, errors: 0 }));
  const figures = { requests: 1204, rps: 40.1, errorRate: 0.0025, p50Ms: 12.4, p95Ms: 412, p99Ms: 950 };
  return aSuite({
    name: 'browse',
    kind: 'load',
    status: 'failed',
    tests: [],
    metrics: {
      ...figures,
      thresholds: [
        { metric: 'http_req_duration', expression: 'p(95)<300', ok: false, actual: 412 },
        { metric: 'http_req_failed', expression: 'rate<0.01', ok: true, actual: 0.0025 },
      ],
    },
    endpoints: [
      { name: '/', method: 'GET', ...figures, p95Ms: 40, series: [] },
      { name: '/search', method: 'GET', ...figures, series },
    ],
    artifacts: [anArtifact('report/load.html', 'text/html')],
    ...part,
  });
}

export function anArtifact(name: string, mediaType: string): SuiteResult['artifacts'][number] {
  return { name, mediaType, href: `/runs/r1/artifacts/shopping/${name}`, bytes: 10, sha256: 'x' };
}

export function aRun(document: Partial<VerdictDocument> = {}, run: Partial<Run> = {}): Run {
  const fresh = newRun({
    id: 'r1',
    repository: 'o/r',
    change: 7,
    headSha: 'abcdef0123456789abcdef0123456789abcdef01',
    baseSha: null,
    generation: 3,
    trigger: 'opened',
    trusted: true,
    expiresAt: '2026-01-01T02:00:00.000Z',
    environmentName: 'gr-r1',
    at: '2026-01-01T00:00:00.000Z',
  });
  const headSha = run.headSha ?? fresh.headSha;
  const { generation } = { ...fresh, ...run };
  const identity = { ...fresh.document.run, id: run.id ?? fresh.id, sha: headSha, generation };
  return { ...fresh, ...run, document: { ...fresh.document, run: identity, ...document } };
}
