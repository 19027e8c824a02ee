import { describe, expect, test } from 'vitest';
import { renderComment, renderHelp, renderReply } from '../../src/report/comment.ts';
import type { VerdictDocument } from '../../src/verdict/verdict-document.ts';
import { aLoadSuite, aRun, aSuite, context, redTest } from './builders.ts';

const gone = { status: 'gone' as const, durationMs: 4200, resources: { created: 23, gone: 23 }, blockedBy: [] };
const finished: Partial<VerdictDocument> = {
  phase: 'done',
  verdict: 'failed',
  reason: 'Suite "shopping" failed 1 of 1 test.',
  suites: [aSuite({ status: 'failed', modified: true, tests: [redTest()] }), aLoadSuite({ required: false })],
  environment: { namespace: 'gr-r1', url: 'http://web' },
  teardown: gone,
};

function bodyOf(document: Partial<VerdictDocument>, part: object = {}): string {
  return renderComment(aRun(document).document, { ...context, changeId: 'c1', keepUntil: null, ...part }).body;
}

test('the comment tells the whole run, its receipt near the end', () => {
  expect(bodyOf(finished)).toMatchInlineSnapshot(`
    "<!-- greenroom:c1 generation:3 -->
    ### ❌ Failed: \`abcdef0\`

    Suite "shopping" failed 1 of 1 test\\.

    - \`shopping\` **checkout › pays by card** \`scenarios/e2e/checkout.spec.ts:42\`: expect\\(locator\\)\\.toBeVisible\\(\\) Locator\\:&#8203; getByRole\\('button', \\{ name\\:&#8203; 'Pay' \\}\\)

    | Suite |  | What | Time |
    | --- | --- | --- | ---: |
    | \`shopping\` e2e (**modified**) | ❌ failed | 1 of 1 test failed | 48.2 s |
    | \`browse\` load (not required) | ❌ failed | http\\_req\\_duration p\\(95\\)&lt;300 | 48.2 s |

    | Load | Requests | per s | Errors | p50 | p95 | p99 | Thresholds held |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
    | [\`browse\`](http://greenroom.test/runs/r1/artifacts/shopping/report/load.html) | 1,204 | 40.1 | 0.25 % | 12.4 ms | 412 ms | 950 ms | 1 of 2 |

    <details><summary>Load over time</summary>

    \`browse\`

    \`\`\`mermaid
    xychart-beta
      title "Requests per second"
      x-axis "second" 1 --> 4
      y-axis "per second" 0 --> 44
      bar [10, 20, 30, 40]
    \`\`\`

    \`\`\`mermaid
    xychart-beta
      title "p95 of the slowest endpoint"
      x-axis "second" 1 --> 4
      y-axis "ms" 0 --> 441
      line [100, 200, 300, 400]
    \`\`\`

    </details>

    <details><summary>Phases</summary>

    | Phase |  | Time |
    | --- | --- | ---: |
    | queued | ⏳ running |  |
    | image | ▫️ pending |  |
    | provisioning | ▫️ pending |  |
    | testing | ▫️ pending |  |
    | reporting | ▫️ pending |  |
    | teardown | ▫️ pending |  |

    </details>

    Receipt: 23 of 23 resources gone in 4.2 s.

    [Run r1](http://greenroom.test/runs/r1) · \`/greenroom help\`"
  `);
});

test('the marker finds the comment again, whichever generation wrote it', () => {
  const { marker, body } = renderComment(aRun({}, { generation: 9 }).document, {
    ...context,
    changeId: 'c1',
    keepUntil: null,
  });

  expect(body.startsWith('<!-- greenroom:c1 generation:9 -->\n')).toBe(true);
  expect(body).toContain(marker);
  expect(marker).not.toContain('9');
});

describe('the headline says', () => {
  test.each<[string, Partial<VerdictDocument>, object, string]>([
    [
      'the place in the queue',
      {},
      { queue: { position: 2, of: 3, startsAt: null } },
      '### ⏳ Queued, 2 of 3 in the queue: `abcdef0`',
    ],
    ['the phase', { phase: 'testing' }, {}, '### ⏳ In progress (testing): `abcdef0`'],
    ['passed', { verdict: 'passed', reason: 'All good.' }, {}, '### ✅ Passed: `abcdef0`'],
    ['flaky', { verdict: 'flaky', reason: 'x.' }, {}, '### ✅ Passed after retry: `abcdef0`'],
    ['failed', finished, {}, '### ❌ Failed: `abcdef0`'],
    ['errored, in another colour', { verdict: 'errored', reason: 'x.' }, {}, '### ⚠️ Not tested: `abcdef0`'],
    ['cancelled', { verdict: 'cancelled', reason: 'x.' }, {}, '### ⏹️ Cancelled: `abcdef0`'],
  ])('%s', (_, document, part, expected) => {
    expect(bodyOf(document, part).split('\n')[1]).toBe(expected);
  });
});

describe('the receipt', () => {
  test.each<[string, Partial<VerdictDocument>, string]>([
    [
      'names what blocks',
      {
        teardown: {
          ...gone,
          status: 'blocked',
          resources: { created: 3, gone: 2 },
          blockedBy: ['PersistentVolumeClaim data: finalizer kubernetes.io/pvc-protection'],
        },
      },
      'Blocked by:\n\n- `PersistentVolumeClaim data: finalizer kubernetes.io/pvc-protection`',
    ],
    [
      'tells that nothing was made',
      { teardown: { ...gone, resources: { created: 0, gone: 0 } } },
      'Receipt: nothing was created',
    ],
    ['tells until when it is kept', { teardown: { ...gone, status: 'kept' } }, 'Receipt: kept until 2026\\-01\\-01'],
    [
      'tells how to keep it longer',
      { teardown: { ...gone, status: 'kept', kept: { until: '2026-01-01T18:30:00.000Z', longestMs: null } } },
      'kept until 2026-01-01 18:30 UTC; torn down after that. `/greenroom keep 1h` keeps it for an hour from when you say it.',
    ],
    [
      'tells why it is not kept longer',
      { teardown: { ...gone, status: 'kept', kept: { until: '2026-01-01T18:30:00.000Z', longestMs: 28_800_000 } } },
      'torn down after that. Not longer: an environment lives at most 8 h 0 min here.',
    ],
    [
      'lists the volumes that outlive it',
      { teardown: { ...gone, volumesLeft: ['pv-1 (claim gr-r1/data, reclaim policy Retain)'] } },
      'Volumes that outlive it:\n\n- `pv-1 (claim gr-r1/data, reclaim policy Retain)`',
    ],
    [
      'lists what was stripped',
      { teardown: { ...gone, strippedFinalizers: ['ConfigMap gr-r1/stuck (lab.example/never)'] } },
      'as an operator asked:\n\n- `ConfigMap gr-r1/stuck (lab.example/never)`',
    ],
    [
      'is promised while the environment stands',
      { environment: { namespace: 'gr-r1', url: null } },
      'its teardown is promised',
    ],
  ])('%s', (_, document, expected) => {
    expect(bodyOf(document, { keepUntil: '2026-01-01' })).toContain(expected);
  });
});

test.each([
  ['https://gr-r1.preview.test', 'Environment `gr-r1`: <https://gr-r1.preview.test>'],
  ['http://web.gr-r1.svc.cluster.local:8080', 'Environment `gr-r1`: `http://web.gr-r1.svc.cluster.local:8080`'],
])('an environment that stands is shown with its address, a link where people reach it: %s', (url, line) => {
  expect(
    bodyOf({ ...finished, teardown: { ...gone, status: 'kept' }, environment: { namespace: 'gr-r1', url } }),
  ).toContain(line);
});

test('text of a change mentions nobody and ends no table', () => {
  const hostile = '@octocat | <script> #12 ```\n| x |';
  const body = bodyOf({
    ...finished,
    reason: hostile,
    suites: [aSuite({ status: 'failed', tests: [redTest({ name: hostile, message: hostile, file: hostile })] })],
  });

  expect(body.replace(/(`+)[^`].*?\1/g, '')).not.toMatch(/@octocat|<script>|[^\\]#12/);
});

test('a comment keeps the forge’s limit and its marker, however much there is to tell', () => {
  const suites = Array.from({ length: 20 }, (_, index) =>
    aSuite({
      name: `s${index}`,
      status: 'failed',
      tests: Array.from({ length: 500 }, () => redTest({ name: 'ü'.repeat(300) })),
    }),
  );
  const evidence = Array.from({ length: 1000 }, () => 'ü'.repeat(5000));
  const body = bodyOf({
    ...finished,
    suites,
    failure: { class: 'product', code: 'X', message: 'm', remedy: 'r', evidence },
  });

  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536);
  expect(body).toContain('<!-- greenroom:c1 generation:3 -->');
});

test('a reply is escaped, and brings help where it is asked for', () => {
  expect(renderReply(['"@bob" is not a command.'], false)).toBe('"@&#8203;bob" is not a command\\.');
  expect(renderReply([], true)).toBe(renderHelp());
});
