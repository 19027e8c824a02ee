import { describe, expect, test } from 'vitest';
import { renderChecks } from '../../src/report/checks.ts';
import { aLoadSuite, anArtifact, aRun, aSuite, aTest, context, redTest } from './builders.ts';

const red = aSuite({
  status: 'failed',
  tests: [redTest(), aTest({ id: 'x', name: 'search' })],
  artifacts: [
    anArtifact('results/checkout-pays-by-card-chromium/trace.zip', 'application/zip'),
    anArtifact('report/index.html', 'text/html'),
  ],
});
const failed = {
  phase: 'reporting' as const,
  verdict: 'failed' as const,
  reason: 'Suite "shopping" failed 1 of 2 tests.',
  failure: {
    class: 'product' as const,
    code: 'SUITE_FAILED',
    message: 'suite "shopping" failed 1 of 2 tests',
    remedy: 'Change the code.',
    evidence: ['checkout: no button'],
  },
};

test('the first screen of a red suite answers a developer’s questions', () => {
  const base = { sha: '1111111222222', suites: [aSuite()] };

  const check = renderChecks(aRun({ ...failed, suites: [red] }).document, { ...context, base })[1];

  expect(check).toMatchObject({
    name: 'greenroom / shopping',
    status: 'completed',
    conclusion: 'failure',
    title: 'Failed: 1 of 2 tests failed',
  });
  expect(check?.summary).toMatchInlineSnapshot(`
    "**❌ failed**, 1 of 2 tests failed in 48.2 s

    #### checkout › pays by card

    Failed \`scenarios/e2e/checkout.spec.ts:42\` · chromium · class product

    \`\`\`
    expect(locator).toBeVisible()
    Locator: getByRole('button', { name: 'Pay' })
    \`\`\`

    What the application logged in that window:

    \`\`\`
    web-5d POST /checkout 500
    web-5d TypeError: total is undefined
    \`\`\`

    - See: [trace](http://greenroom.test/runs/r1/artifacts/shopping/results/checkout-pays-by-card-chromium/trace.zip), [HTML report](http://greenroom.test/runs/r1/artifacts/shopping/report/index.html)
    - On the base branch: passed (\`1111111\`).

    Run it again on your machine:

    \`\`\`
    greenroom run o/r#7 --suite shopping
    \`\`\`

    [HTML report](http://greenroom.test/runs/r1/artifacts/shopping/report/index.html) · [The whole run](http://greenroom.test/runs/r1)"
  `);
});

test('the load check carries the load report', () => {
  const base = { sha: '1111111222222', suites: [aLoadSuite()] };

  const check = renderChecks(aRun({ ...failed, suites: [aLoadSuite()] }).document, { ...context, base })[1];

  expect(check?.title).toBe('Failed: http_req_duration p(95)<300');
  expect(check?.summary).toMatchInlineSnapshot(`
    "**❌ failed**, http\\_req\\_duration p\\(95\\)&lt;300 in 48.2 s

    |  | this change | base branch |
    | --- | ---: | ---: |
    | Requests | 1,204 | 1,204 |
    | Requests per second | 40.1 | 40.1 |
    | Errors | 0.25 % | 0.25 % |
    | p50 | 12.4 ms | 12.4 ms |
    | p95 | 412 ms | 412 ms |
    | p99 | 950 ms | 950 ms |

    | Threshold | Metric | Must hold | Actual |
    | --- | --- | --- | ---: |
    | ❌ failed | \`http_req_duration\` | \`p(95)<300\` | 412 |
    | ✅ passed | \`http_req_failed\` | \`rate<0.01\` | 0.0025 |

    \`▃▅▆█\` requests per second, at most 40<br>\`▃▅▆█\` p95 of the slowest endpoint, at most 400 ms

    Run it again on your machine:

    \`\`\`
    greenroom run o/r#7 --suite browse
    \`\`\`

    [Load report (HTML)](http://greenroom.test/runs/r1/artifacts/shopping/report/load.html) · [The whole run](http://greenroom.test/runs/r1)"
  `);
  expect(check?.text).toMatchInlineSnapshot(`
    "#### Endpoints, the slowest first

    | Endpoint | Requests | rps | Errors | p50 | p95 | p99 | p95 over time |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
    | \`GET /search\` | 1,204 | 40.1 | 0.25 % | 12.4 ms | 412 ms | 950 ms | \`▃▅▆█\` |
    | \`GET /\` | 1,204 | 40.1 | 0.25 % | 12.4 ms | 40 ms | 950 ms |  |

    #### Files

    | File | Type | Bytes |
    | --- | --- | ---: |
    | [\`report/load.html\`](http://greenroom.test/runs/r1/artifacts/shopping/report/load.html) | \`text/html\` | 10 |"
  `);
});

test('files that could not be stored are named and not linked', () => {
  const artifacts = red.artifacts.map((artifact) => ({ ...artifact, notStored: true }));

  const check = renderChecks(aRun({ ...failed, suites: [{ ...red, artifacts }] }).document, context)[1];

  expect(check?.text).toContain('`report/index.html` (not stored)');
  expect(`${check?.summary}${check?.text}`).not.toContain('/artifacts/');
});

test('the aggregate check says what, whose fault, what to do, and how to repeat it', () => {
  const check = renderChecks(aRun({ ...failed, suites: [red] }).document, {
    ...context,
    notes: ['approved by "ann"'],
  })[0];

  expect(check).toMatchObject({
    name: 'greenroom',
    conclusion: 'failure',
    title: 'Failed: suite "shopping" failed 1 of 2 tests',
    annotations: [],
  });
  expect(check?.summary).toMatchInlineSnapshot(`
    "**Suite "shopping" failed 1 of 2 tests\\.**

    Whose fault: **product** (\`SUITE_FAILED\`)

    \`\`\`
    checkout: no button
    \`\`\`

    What to do: Change the code\\.

    | Suite |  | What | Time |
    | --- | --- | --- | ---: |
    | \`shopping\` e2e | ❌ failed | 1 of 2 tests failed | 48.2 s |

    Run it again on your machine:

    \`\`\`
    greenroom run o/r#7
    \`\`\`

    - approved by "ann"

    | Phase |  | Time |
    | --- | --- | ---: |
    | queued | ⏳ running |  |
    | image | ▫️ pending |  |
    | provisioning | ▫️ pending |  |
    | testing | ▫️ pending |  |
    | reporting | ▫️ pending |  |
    | teardown | ▫️ pending |  |

    [The whole run](http://greenroom.test/runs/r1)"
  `);
});

test('a test that is red on the base branch as well says so', () => {
  const base = { sha: '1111111222222', suites: [red] };

  const check = renderChecks(aRun({ ...failed, suites: [red] }).document, { ...context, base })[1];

  expect(check?.summary).toContain('**failed as well** (`1111111`)');
});

describe('annotations', () => {
  function annotationsOf(...tests: ReturnType<typeof aTest>[]) {
    return renderChecks(aRun({ ...failed, suites: [aSuite({ status: 'failed', tests })] }).document, context)[1]
      ?.annotations;
  }

  test('stand at the line of each red or flaky test, without colours', () => {
    const flaky = aTest({ status: 'flaky', attempts: [{ status: 'failed', durationMs: 1, message: 'first try' }] });

    expect(annotationsOf(redTest({ message: '\u001b[31mno\u001b[0m' }), flaky, aTest())).toEqual([
      {
        path: 'scenarios/e2e/checkout.spec.ts',
        startLine: 42,
        endLine: 42,
        level: 'failure',
        title: 'checkout › pays by card',
        message: 'no',
      },
      {
        path: 'scenarios/e2e/checkout.spec.ts',
        startLine: 42,
        endLine: 42,
        level: 'warning',
        title: 'Passed after retry: checkout › pays by card',
        message: 'first try',
      },
    ]);
  });

  test.each([null, '/etc/passwd', '../x.ts', 'greenroom:e2e/x.ts', ''])('are not made for the file %j', (file) => {
    expect(annotationsOf(redTest({ file }))).toEqual([]);
  });
});

describe('every check of a run ends concluded, also the one of a suite that', () => {
  test.each([
    ['never began in a cancelled run', 'cancelled' as const, 'pending' as const, 'cancelled'],
    ['never began in an errored run', 'errored' as const, 'pending' as const, 'failure'],
    ['was running when the run failed', 'failed' as const, 'running' as const, 'failure'],
    ['passed in an errored run', 'errored' as const, 'passed' as const, 'success'],
  ])('%s', (_, verdict, status, conclusion) => {
    const checks = renderChecks(aRun({ verdict, reason: 'Why.', suites: [aSuite({ status })] }).document, context);

    expect(checks.map((check) => check.status)).toEqual(['completed', 'completed']);
    expect(checks[1]?.conclusion).toBe(conclusion);
    expect(checks.every((check) => check.completedAt !== null)).toBe(true);
  });
});

test('a run under way concludes nothing', () => {
  const document = aRun({
    phase: 'testing',
    suites: [aSuite({ status: 'running' }), aSuite({ name: 'b', status: 'pending' })],
  }).document;

  expect(renderChecks(document, context).map((check) => [check.status, check.conclusion])).toEqual([
    ['in_progress', null],
    ['in_progress', null],
    ['queued', null],
  ]);
});

test('a queued run tells its place', () => {
  const place = { position: 2, of: 5, startsAt: Date.parse('2026-01-01T14:05:30Z') };
  const [foreseen] = renderChecks(aRun().document, { ...context, queue: place });
  const [unforeseen] = renderChecks(aRun().document, { ...context, queue: { ...place, startsAt: null } });

  expect(foreseen).toMatchObject({
    status: 'queued',
    title: 'Queued, 2 of 5 in the queue, begins at about 14:05 UTC',
  });
  expect(unforeseen).toMatchObject({ title: 'Queued, 2 of 5 in the queue' });
});

test('the check does not change with the teardown after it', () => {
  const before = renderChecks(aRun({ ...failed, suites: [red] }).document, context)[1];
  const document = aRun({
    ...failed,
    phase: 'done',
    suites: [red],
    teardown: { status: 'gone', durationMs: 1, resources: { created: 1, gone: 1 }, blockedBy: [] },
  }).document;

  expect(renderChecks(document, context)[1]).toEqual(before);
});

test('a huge report keeps the forge’s limits, with a link to the rest', () => {
  const tests = Array.from({ length: 3000 }, (_, index) =>
    redTest({ id: String(index), name: `t${index} ${'ü@#|'.repeat(50)}` }),
  );
  const checks = renderChecks(aRun({ ...failed, suites: [aSuite({ status: 'failed', tests })] }).document, context);

  for (const check of checks) {
    expect(Buffer.byteLength(check.summary)).toBeLessThanOrEqual(65_535);
    expect(Buffer.byteLength(check.text ?? '')).toBeLessThanOrEqual(65_535);
    expect(check.title.length).toBeLessThanOrEqual(255);
  }
  expect(checks[1]?.text).toContain('cut here; [the whole report](http://greenroom.test/runs/r1)');
});

test('a link of an artifact leads nowhere but to our own pages', () => {
  const artifacts = [
    { ...anArtifact('x.html', 'text/html'), href: 'javascript:alert(1)' },
    { ...anArtifact('y.html', 'text/html'), href: '/runs/../admin' },
  ];
  const check = renderChecks(
    aRun({ ...failed, suites: [aSuite({ status: 'failed', tests: [redTest()], artifacts })] }).document,
    context,
  )[1];

  expect(`${check?.summary}${check?.text}`).not.toMatch(/javascript:|admin/);
});
