import { expect, test } from 'vitest';
import { renderChecks } from '../../src/report/checks.ts';
import { amongSiblings, hasNoSay, mayWrite, type Newest } from '../../src/report/who-speaks.ts';
import type { Run } from '../../src/run/run.ts';
import type { VerdictWord } from '../../src/suites/suite-result.ts';
import { aRun, context } from './builders.ts';

const ended = (verdict: VerdictWord, part: Partial<Run> = {}) =>
  aRun({ verdict, phase: 'reporting', reason: 'so it ended' }, part);

test.each<[string, Run, Run[], string]>([
  ['the gravest word of two changes on one commit', ended('passed'), [ended('failed')], 'failure'],
  ['its own, where the other has no worse', ended('failed'), [ended('passed')], 'failure'],
  ['that somebody ended the other, which so was not tested', ended('passed'), [ended('cancelled')], 'cancelled'],
  [
    'the other word, once its change has moved on',
    ended('cancelled', { cancel: 'superseded' }),
    [ended('passed')],
    'success',
  ],
  ['the other word, once its change was closed', ended('failed', { cancel: 'closed' }), [ended('passed')], 'success'],
  [
    'the graver of two others, once its change was closed',
    ended('cancelled', { cancel: 'closed' }),
    [ended('passed'), ended('failed')],
    'failure',
  ],
  [
    'its own, where somebody ended it and the change stands',
    ended('cancelled', { cancel: 'commanded' }),
    [ended('passed')],
    'cancelled',
  ],
  ['its own, where nobody else has a say', ended('cancelled', { cancel: 'closed' }), [], 'cancelled'],
])('a run says %s', (_, run, siblings, conclusion) => {
  const [check] = renderChecks(run.document, context).map((one) => amongSiblings(one, siblings, hasNoSay(run, null)));

  expect(check).toMatchObject({ name: 'greenroom', status: 'completed', conclusion });
});

function standing({ generation, headSha }: Run): Newest {
  return { generation, headSha, generationHere: generation, closed: false };
}

test.each<[string, Partial<Newest>, ReturnType<typeof mayWrite>]>([
  ['none', {}, { checks: true, comment: true }],
  ['one on the same commit', { generation: 4, generationHere: 4 }, { checks: false, comment: false }],
  ['one on another commit', { generation: 4, headSha: 'f'.repeat(40) }, { checks: true, comment: false }],
  [
    'one on the same commit and one on another',
    { generation: 5, generationHere: 4, headSha: 'f'.repeat(40) },
    { checks: false, comment: false },
  ],
])('of a change with newer runs, %s, an older one may write %j', (_, part, may) => {
  const run = aRun({}, { generation: 3 });

  expect(mayWrite(run, { ...standing(run), ...part })).toEqual(may);
});

test.each<[string, Partial<Newest>, boolean]>([
  ['is open on its commit', {}, false],
  ['was closed after the run', { closed: true }, true],
  ['has another head since', { headSha: 'f'.repeat(40), generation: 2 }, true],
])('a run whose change %s: its silence is %j', (_, part, silent) => {
  const run = ended('failed');

  expect(hasNoSay(run, { ...standing(run), ...part })).toBe(silent);
});
