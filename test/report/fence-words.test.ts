import { describe, expect, test } from 'vitest';
import { renderChecks } from '../../src/report/checks.ts';
import { renderComment } from '../../src/report/comment.ts';
import { verdictLines } from '../../src/report/console-lines.ts';
import { fenceWarning, fenceWords } from '../../src/report/fence-words.ts';
import type { VerdictDocument } from '../../src/verdict/verdict-document.ts';
import { aRun, context } from './builders.ts';

const over: Partial<VerdictDocument> = { phase: 'reporting', verdict: 'passed', reason: 'All passed.' };

function wordsOf(enforced: 'yes' | 'no' | 'unknown', trusted: boolean): string | null {
  return fenceWords(aRun({ ...over, networkPolicies: { enforced, detail: 'egress went on' } }, { trusted }));
}

describe('a run says of its fences', () => {
  test('nothing where they held, or the node is our own', () => {
    expect([wordsOf('yes', true), wordsOf('yes', false), fenceWords(aRun(over))]).toEqual([null, null, null]);
  });

  test.each([
    ['no', true, /^What ran here was not fenced in.*\(egress went on\)/],
    ['no', false, /^A stranger's code was not fenced in.*\(egress went on\)/],
    ['unknown', true, /^What ran here was perhaps not fenced in.*not known/],
    ['unknown', false, /^A stranger's code was perhaps not fenced in.*not known/],
  ] as const)('enforced: %s, trusted: %s', (enforced, trusted, words) => {
    expect(wordsOf(enforced, trusted)).toMatch(words);
  });

  test('on a terminal', () => {
    const { document } = aRun({ ...over, networkPolicies: { enforced: 'no', detail: 'egress went on' } });

    expect(verdictLines(document, null, { columns: 80, color: false })).toContainEqual(
      expect.stringMatching(/^Note: What ran here was not fenced in/),
    );
  });
});

describe('a warning stands', () => {
  const { document } = aRun(over);
  const warning = { title: 'Not fenced in', text: "A stranger's code was not fenced in <b>." };

  test('right below the headline of the comment, as text', () => {
    const { body } = renderComment(document, { ...context, changeId: 'c1', keepUntil: null, warning });

    expect(body.split('\n\n')[1]).toBe("> ⚠️ **A stranger's code was not fenced in &lt;b&gt;\\.**");
  });

  test('in the title of the check, and first in its summary', () => {
    const [check] = renderChecks(document, { ...context, warning });

    expect(check?.title).toBe('Not fenced in. All passed');
    expect(check?.summary).toMatch(/^> ⚠️ \*\*A stranger/);
  });

  test.each([
    ['no', false, 'Not fenced in'],
    ['unknown', false, 'Perhaps not fenced in'],
    ['no', true, undefined],
    ['yes', false, undefined],
  ] as const)('for a change from a fork alone: enforced %s, trusted %s', (enforced, trusted, title) => {
    const run = aRun({ ...over, networkPolicies: { enforced, detail: 'as seen' } }, { trusted });

    expect(fenceWarning(run)?.title).toBe(title);
  });

  test('nowhere when there is none', () => {
    expect(renderChecks(document, context)[0]).toMatchObject({ title: 'All passed' });
  });
});
