import { describe, expect, test } from 'vitest';
import { renderAbandoned, renderChecks } from '../../src/report/checks.ts';
import { cancelWords } from '../../src/run/judge-run.ts';
import type { CancelReason } from '../../src/run/run.ts';
import { awaitingApproval } from '../../src/verdict/conclusion.ts';
import { type Evidence, judge } from '../../src/verdict/judge.ts';
import type { Failure } from '../../src/verdict/verdict-document.ts';
import { aRun, aSuite, context, redTest } from './builders.ts';

const nothing: Evidence = {
  suites: [],
  notReady: null,
  error: null,
  cancelled: null,
  gate: null,
  missingRequired: [],
  notRun: [],
  skipped: null,
};

function aFailure(failureClass: Failure['class'], code: string): Failure {
  return { class: failureClass, code, message: 'why', remedy: 'do', evidence: [] };
}

/** A required check that stays away, or never ends, blocks a merge for ever. */
describe('a run ends with a required check that is concluded where', () => {
  const cancels: CancelReason[] = ['superseded', 'closed', 'commanded', 'shutdown', 'interrupted'];
  test.each<[string, Partial<Evidence>, string]>([
    ['a draft is skipped', { skipped: 'this change is a draft' }, 'neutral'],
    ['another base branch is skipped', { skipped: 'the base branch "next" is not among triggers.branches' }, 'neutral'],
    ['paths are ignored', { skipped: 'every changed path matches triggers.paths-ignore' }, 'neutral'],
    ['nobody has a greenroom.yaml', { skipped: 'no greenroom.yaml on this branch or its base' }, 'neutral'],
    ['a fork waits for approval', { gate: aFailure('product', awaitingApproval) }, 'action_required'],
    ['the change deletes the file', { gate: aFailure('product', 'CONFIG_DELETED') }, 'failure'],
    ['the file has problems', { gate: aFailure('product', 'CONFIG_INVALID') }, 'failure'],
    ['a required suite is missing', { missingRequired: ['smoke'] }, 'failure'],
    ['a required suite was left out', { suites: [aSuite()], notRun: ['load'] }, 'failure'],
    ['there are no suites', {}, 'failure'],
    ['the application never got ready', { notReady: aFailure('product', 'NOT_READY') }, 'failure'],
    ['a dependency was away', { notReady: aFailure('environment', 'IMAGE_MISSING') }, 'failure'],
    ['we could not find out', { error: aFailure('infrastructure', 'CLUSTER_UNREACHABLE') }, 'failure'],
    ['a suite failed', { suites: [aSuite({ status: 'failed', tests: [redTest()] })] }, 'failure'],
    ['a suite never ran', { suites: [aSuite({ status: 'pending' })] }, 'failure'],
    ['all is well', { suites: [aSuite()] }, 'success'],
    ['a retry cured it', { suites: [aSuite({ status: 'flaky' })] }, 'success'],
    ...cancels.map((reason): [string, Partial<Evidence>, string] => [
      `it is cancelled (${reason})`,
      { cancelled: cancelWords(reason), suites: [aSuite({ status: 'running' })] },
      'cancelled',
    ]),
  ])('%s', (_, evidence, conclusion) => {
    const whole = { ...nothing, ...evidence };
    const judgement = judge(whole);
    const { document } = aRun({ phase: 'reporting', suites: [...whole.suites], ...judgement });

    const checks = renderChecks(document, context);

    expect(checks[0]).toMatchObject({ name: 'greenroom', status: 'completed', conclusion });
    expect(checks.every((check) => check.status === 'completed' && check.conclusion !== null)).toBe(true);
  });

  test('an older run began the check of a suite, and the newer one has no such suite', () => {
    const { document } = aRun({ phase: 'reporting', verdict: 'passed', reason: 'All good.' });

    expect(renderAbandoned('greenroom / gone', document, context)).toMatchObject({
      status: 'completed',
      conclusion: 'cancelled',
    });
  });
});
