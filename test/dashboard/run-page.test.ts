import { expect, test } from 'vitest';
import { type QueuePlace, runPage } from '../../src/dashboard/run-page.ts';
import type { VerdictDocument } from '../../src/verdict/verdict-document.ts';
import { begun, liveDocument } from './sample-documents.ts';

const namespace = 'gr-shop-7-r1';

test.each([
  [`https://${namespace}.preview.test`, `<a href="https://${namespace}.preview.test">`],
  [`http://web.${namespace}.svc.cluster.local:8080`, `svc.cluster.local:8080</code> (inside the cluster)`],
])('the page of a run shows %s as an address of that kind', (url, markup) => {
  expect(textOf({ environment: { namespace, url } })).toContain(markup);
});

test.each([
  [3, null, '3 of 5 in the queue.'],
  [2, begun + 12 * 60_000, '2 of 5 in the queue, and begins in about 12 minutes'],
  [1, begun - 1_000, '1 of 5 in the queue, and begins in about a minute'],
])('the page of a run that waits tells its place: %d', (position, startsAt, words) => {
  expect(textOf({}, { position, of: 5, startsAt })).toContain(words);
});

const resources = { created: 2, gone: 1 };

test.each([
  [90, null, 'Kept on request until 2026-', 'keep 1h'],
  [20, null, ', in about 20 minutes; it goes then.', 'keep 1h'],
  [20, 28_800_000, 'Not longer: an environment lives at most', 'at most 8 h'],
])('the page of a kept environment tells until when, and why not longer: %d', (minutes, longestMs, ...words) => {
  const kept = { until: new Date(begun + minutes * 60_000).toISOString(), longestMs };

  const text = textOf({ teardown: { status: 'kept', durationMs: null, resources, blockedBy: [], kept } });

  for (const word of words) expect(text).toContain(word);
});

test('the page names what holds an environment, and what an operator had stripped', () => {
  const blockedBy = ['APIService v1.lab.example (NamespaceDeletionDiscoveryFailure): it does not answer'];
  const strippedFinalizers = ['ConfigMap gr-1/stuck (lab.example/never)'];

  const text = textOf({ teardown: { status: 'blocked', durationMs: 5, resources, blockedBy, strippedFinalizers } });

  expect(text).toContain('APIService v1.lab.example');
  expect(text).toContain('ConfigMap gr-1/stuck');
});

test.each([
  [true, 'no', '<p>What ran here was not fenced in'],
  [false, 'no', '<strong>⚠️ A stranger&#39;s code was not fenced in'],
  [false, 'unknown', '<strong>⚠️ A stranger&#39;s code was perhaps not fenced in'],
] as const)(
  'the page warns of fences that did not hold, before anything else: trusted %s, enforced %s',
  (trusted, enforced, words) => {
    const text = textOf({ networkPolicies: { enforced, detail: 'egress went on' } }, null, trusted);

    expect(text).toContain(words);
    expect(text.indexOf('fenced in')).toBeLessThan(text.indexOf('id="time"'));
  },
);

test('the page says nothing of fences that held', () => {
  expect(textOf({ networkPolicies: { enforced: 'yes', detail: 'seen' } }, null, false)).not.toContain('fenced in');
});

function textOf(document: Partial<VerdictDocument>, place: QueuePlace | null = null, trusted = true): string {
  const at = new Date(begun).toISOString();
  const run = {
    ...{
      id: 'r1',
      repository: 'acme/shop',
      change: 7,
      queueRef: null,
      changeId: 'c7',
      headSha: 'a'.repeat(40),
      baseSha: null,
    },
    ...{ generation: 1, trigger: 'synchronize' as const, trusted, phase: 'testing' as const, cancel: null },
    ...{
      onlySuites: null,
      keepUntil: null,
      expiresAt: at,
      environmentName: namespace,
      createdAt: at,
      finishedAt: null,
    },
    ...{ supersededBy: null, lease: null, author: '' },
    document: { ...liveDocument(), ...document },
  };
  const page = runPage({ run, siblings: [], log: [], receipt: null, place, now: new Date(begun) });
  return page.sections.map(String).join('');
}
