import type { Endpoint, SuiteResult, TestResult } from '../../src/suites/suite-result.ts';
import { VerdictDocument } from '../../src/verdict/verdict-document.ts';

/** Documents as real runs leave them, checked against the contract by the time they are used. */
export const begun = Date.parse('2026-01-01T10:00:00.000Z');
const at = (seconds: number) => new Date(begun + seconds * 1000).toISOString();
const sha = '4f1d2c7be09a5c8d3f60718293a4b5c6d7e8f901';

export function testResult(name: string, over: Partial<TestResult> = {}): TestResult {
  return {
    id: `e2e:shop.spec.ts:${name}:chromium`,
    name,
    file: 'scenarios/e2e/shop.spec.ts',
    line: 24,
    project: 'chromium',
    status: 'passed',
    durationMs: 1_840,
    attempts: [{ status: 'passed', durationMs: 1_840 }],
    ...over,
  };
}

/** A minute of a load test: it warms up, holds, and gets slower by `slower` in its last third. */
export function endpoint(
  method: string,
  name: string,
  base: { rps: number; p95Ms: number; slower?: number },
): Endpoint {
  const series = Array.from({ length: 60 }, (_, second) => {
    const warm = Math.min(1, (second + 1) / 8);
    const wave = 1 + 0.12 * Math.sin(second / 3) + 0.05 * Math.sin(second * 1.7);
    const slow = second > 40 ? (base.slower ?? 1) : 1;
    return {
      second,
      rps: Math.round(base.rps * warm * (2 - wave) * 10) / 10,
      p95Ms: Math.round(base.p95Ms * wave * slow),
      errors: slow > 2 && second % 4 === 0 ? 2 : 0,
    };
  });
  return {
    name,
    method,
    requests: Math.round(series.reduce((sum, point) => sum + point.rps, 0)),
    rps: base.rps,
    errorRate: (base.slower ?? 1) > 2 ? 0.0042 : 0,
    p50Ms: base.p95Ms * 0.4,
    p95Ms: base.p95Ms * (base.slower ?? 1),
    p99Ms: base.p95Ms * (base.slower ?? 1) * 1.4,
    series,
  };
}

const artifact = (suite: string, name: string, mediaType: string, bytes: number) => ({
  name,
  mediaType,
  href: `/runs/sample/artifacts/${suite}/${name}`,
  bytes,
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
});

const smoke: SuiteResult = {
  name: 'smoke',
  kind: 'smoke',
  required: true,
  modified: false,
  status: 'passed',
  startedAt: at(21),
  durationMs: 1_240,
  tests: ['home page', 'search finds the lamp', 'basket is empty', 'health'].map((name) =>
    testResult(name, { id: `smoke:${name}`, file: 'scenarios/smoke.yaml', project: null, durationMs: 48 }),
  ),
  artifacts: [],
};

const shopping: SuiteResult = {
  name: 'shopping',
  kind: 'e2e',
  required: true,
  modified: true,
  status: 'failed',
  startedAt: at(21),
  durationMs: 18_400,
  tests: [
    testResult('a visitor buys two lamps and sees the order number', {
      status: 'failed',
      class: 'product',
      durationMs: 6_412,
      line: 41,
      message: `Error: expect(locator).toHaveText(expected) failed

Locator:  getByTestId('order-number')
Expected: /^ORD-\\d+$/
Received: ""
Timeout:  5000ms

  39 |   await page.getByRole('button', { name: 'Buy now' }).click();
  40 |
> 41 |   await expect(page.getByTestId('order-number')).toHaveText(/^ORD-\\d+$/);
     |                                                  ^
  42 | });`,
      evidence: [
        'web-6f9c7d5b8-x2k4p  POST /checkout 500 31ms',
        'api-58d6c9f7b-9qwzt  TypeError: Cannot read properties of undefined (reading "total")',
        'api-58d6c9f7b-9qwzt      at createOrder (/app/src/orders.js:27:31)',
        'reproduce: greenroom run . --suite shopping',
      ],
      attempts: [
        { status: 'failed', durationMs: 6_390, message: 'Error: expect(locator).toHaveText(expected) failed' },
        { status: 'failed', durationMs: 6_412, message: 'Error: expect(locator).toHaveText(expected) failed' },
      ],
    }),
    testResult('signing in keeps the basket', {
      status: 'flaky',
      durationMs: 3_120,
      message: 'Test timeout of 10000ms exceeded while waiting for the page to load.',
      attempts: [
        { status: 'failed', durationMs: 10_000, message: 'Test timeout of 10000ms exceeded.' },
        { status: 'passed', durationMs: 3_120 },
      ],
    }),
    ...['search finds a lamp by its colour', 'an empty basket says so', 'prices show the currency'].map((name) =>
      testResult(name),
    ),
    testResult('gift cards', { status: 'skipped', durationMs: 0, attempts: [] }),
  ],
  artifacts: [
    artifact('shopping', 'report/index.html', 'text/html', 512_340),
    artifact('shopping', 'results/checkout/test-failed-1.png', 'image/png', 48_200),
    artifact('shopping', 'results/checkout/trace.zip', 'application/zip', 1_840_221),
    artifact('shopping', 'results.json', 'application/json', 22_310),
  ],
};

const endpoints = [
  endpoint('GET', '/', { rps: 42, p95Ms: 38 }),
  endpoint('GET', '/search?q=:term', { rps: 28, p95Ms: 92, slower: 4.2 }),
  endpoint('POST', '/basket', { rps: 14, p95Ms: 61 }),
];

const browse: SuiteResult = {
  name: 'browse',
  kind: 'load',
  required: false,
  modified: false,
  status: 'failed',
  reason: 'One threshold was crossed: http_req_duration{name:search} p(95)<250.',
  startedAt: at(21),
  durationMs: 61_800,
  tests: [],
  metrics: {
    requests: 5_021,
    rps: 83.7,
    errorRate: 0.0012,
    p50Ms: 24.3,
    p95Ms: 211,
    p99Ms: 486,
    thresholds: [
      { metric: 'http_req_failed', expression: 'rate<0.01', ok: true, actual: 0.0012 },
      { metric: 'http_req_duration{name:search}', expression: 'p(95)<250', ok: false, actual: 386.4 },
    ],
  },
  endpoints,
  artifacts: [artifact('browse', 'dashboard.html', 'text/html', 214_000)],
};

/** A red run: a broken checkout, a flaky sign-in, a slow search. */
export function redDocument(): VerdictDocument {
  return VerdictDocument.parse({
    schema: 'greenroom/verdict@1',
    run: {
      id: 'sample',
      repository: 'acme/shop',
      change: 128,
      sha,
      baseSha: 'aa11bb22cc33dd44ee55ff6600778899aabbccdd',
      configSha: null,
      generation: 3,
      trigger: 'synchronize',
      startedAt: at(0),
      finishedAt: at(97),
    },
    phase: 'done',
    verdict: 'failed',
    reason: 'shopping: 1 of 6 tests failed; browse crossed a threshold.',
    failure: {
      class: 'product',
      code: 'TEST_FAILED',
      message: 'A visitor buys two lamps and sees the order number: the order number stays empty after checkout.',
      remedy:
        'Look at POST /checkout, which answered 500; "greenroom run . --suite shopping" shows it on your machine.',
      evidence: ['api-58d6c9f7b-9qwzt  TypeError: Cannot read properties of undefined (reading "total")'],
    },
    phases: [
      { name: 'queued', status: 'passed', startedAt: at(0), durationMs: 400 },
      { name: 'image', status: 'passed', startedAt: at(0.4), durationMs: 6_200 },
      { name: 'provisioning', status: 'passed', startedAt: at(6.6), durationMs: 14_300 },
      { name: 'testing', status: 'failed', startedAt: at(20.9), durationMs: 62_300 },
      { name: 'reporting', status: 'passed', startedAt: at(83.2), durationMs: 1_900 },
      { name: 'teardown', status: 'passed', startedAt: at(85.1), durationMs: 11_600 },
      { name: 'done', status: 'passed', startedAt: at(96.7), durationMs: 0 },
    ],
    images: [{ name: 'registry.example.com/shop/web', digest: `sha256:${'7d'.repeat(32)}` }],
    suites: [smoke, shopping, browse],
    environment: {
      namespace: 'gr-acme-shop-128-sample',
      url: 'http://web.gr-acme-shop-128-sample.svc.cluster.local:8080',
    },
    teardown: { status: 'gone', durationMs: 11_600, resources: { created: 23, gone: 23 }, blockedBy: [] },
  });
}

/** The same change while its suites are under way. */
export function liveDocument(): VerdictDocument {
  const red = redDocument();
  const running = (suite: SuiteResult): SuiteResult => ({
    ...suite,
    status: 'running',
    durationMs: null,
    tests: [],
    artifacts: [],
    reason: undefined,
  });
  return VerdictDocument.parse({
    ...red,
    run: { ...red.run, finishedAt: null },
    phase: 'testing',
    verdict: null,
    reason: 'Testing.',
    failure: null,
    phases: red.phases.map((phase, index) => {
      if (index < 3) return phase;
      if (index === 3) return { ...phase, status: 'running', durationMs: null };
      return { ...phase, status: 'pending', startedAt: null, durationMs: null };
    }),
    suites: [smoke, running(shopping), { ...running(browse), metrics: undefined, endpoints: undefined }],
    teardown: { status: 'pending', durationMs: null, resources: { created: 0, gone: 0 }, blockedBy: [] },
  });
}

/** All green, with a namespace that does not go. */
export function blockedDocument(): VerdictDocument {
  const red = redDocument();
  return VerdictDocument.parse({
    ...red,
    verdict: 'passed',
    reason: 'All 3 suites passed.',
    failure: null,
    phases: red.phases.map((phase) => ({ ...phase, status: 'passed' })),
    suites: [smoke],
    teardown: {
      status: 'blocked',
      durationMs: 60_000,
      resources: { created: 23, gone: 21 },
      blockedBy: ['PersistentVolumeClaim gr-acme-shop-128-sample/data: finalizer kubernetes.io/pvc-protection'],
    },
  });
}
