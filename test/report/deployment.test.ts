import { expect, test } from 'vitest';
import { renderDeployment } from '../../src/report/deployment.ts';
import type { VerdictDocument } from '../../src/verdict/verdict-document.ts';
import { aRun, context } from './builders.ts';

const begun = { name: 'provisioning' as const, status: 'running' as const, startedAt: '2026-01-01T00:00:10.000Z' };
const provisioning = [{ ...begun, durationMs: null }];
const up = [{ ...begun, status: 'passed' as const, durationMs: 5000 }];
const broken = [{ ...begun, status: 'failed' as const, durationMs: 5000 }];
const { teardown } = aRun().document;
const environment = { namespace: 'gr-r1', url: 'https://gr-r1.preview.example.com' };

test.each<[string, Partial<VerdictDocument>, string | null]>([
  ['queued', {}, null],
  ['made', { phase: 'provisioning', phases: provisioning }, 'in_progress'],
  ['up', { phase: 'testing', phases: up, environment }, 'success'],
  ['up, and its suites are red', { phase: 'reporting', phases: up, environment, verdict: 'failed' }, 'success'],
  ['never up', { phase: 'reporting', phases: broken, verdict: 'failed' }, 'failure'],
  [
    'kept',
    { phase: 'done', phases: up, environment, verdict: 'passed', teardown: { ...teardown, status: 'kept' } },
    'success',
  ],
  [
    'gone',
    { phase: 'done', phases: up, environment, verdict: 'passed', teardown: { ...teardown, status: 'gone' } },
    'inactive',
  ],
  [
    'blocked',
    { phase: 'done', phases: up, environment, verdict: 'passed', teardown: { ...teardown, status: 'blocked' } },
    'inactive',
  ],
])('an environment that is %s', (_, document, state) => {
  expect(renderDeployment(aRun(document).document, context)?.state ?? null).toBe(state);
});

test('only an address for people is shown, and only while it stands', () => {
  const urlOf = (document: Partial<VerdictDocument>) => renderDeployment(aRun(document).document, context)?.url;

  expect(urlOf({ phase: 'testing', phases: up, environment })).toBe(environment.url);
  expect(
    urlOf({ phase: 'testing', phases: up, environment: { ...environment, url: 'http://web.gr-r1.svc' } }),
  ).toBeNull();
  expect(
    urlOf({ phase: 'done', phases: up, environment, verdict: 'passed', teardown: { ...teardown, status: 'gone' } }),
  ).toBeNull();
});
