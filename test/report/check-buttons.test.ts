import { describe, expect, test } from 'vitest';
import { checkActions } from '../../src/event/check-action.ts';
import { buttonsOf } from '../../src/report/check-buttons.ts';
import { renderChecks } from '../../src/report/checks.ts';
import type { VerdictDocument } from '../../src/verdict/verdict-document.ts';
import { aRun, aSuite, context } from './builders.ts';

const failure = { class: 'product' as const, code: 'X', message: 'no', remedy: 'mend it', evidence: [] };

function aDocument(part: Partial<VerdictDocument>): VerdictDocument {
  return aRun({ phase: 'done', suites: [], ...part }).document;
}

function kept(part: Partial<VerdictDocument>): VerdictDocument {
  const document = aDocument(part);
  return { ...document, teardown: { ...document.teardown, status: 'kept' } };
}

const waiting = aDocument({ verdict: 'failed', failure: { ...failure, code: 'AWAITING_APPROVAL' } });

describe('the buttons of a check', () => {
  test.each<[string, VerdictDocument, string[]]>([
    ['a red run can be repeated', aDocument({ verdict: 'failed', failure }), ['rerun-failed']],
    ['what could not be tested as well', aDocument({ verdict: 'errored', failure }), ['rerun-failed']],
    ['a green one has none', aDocument({ verdict: 'passed' }), []],
    ['what waits for approval can be approved, and is not helped by another run', waiting, ['approve']],
    ['an environment that stands can be kept on, and go', kept({ verdict: 'passed' }), ['keep', 'tear-down']],
    ['all three at most', kept({ verdict: 'failed', failure }), ['rerun-failed', 'keep', 'tear-down']],
  ])('%s', (_, document, identifiers) => {
    expect(buttonsOf(document).map(({ identifier }) => identifier)).toEqual(identifiers);
  });

  test('keep the forge’s limits, and every one is understood when it is pressed', () => {
    const red = buttonsOf(kept({ verdict: 'failed', failure }));
    const all = [...red, ...buttonsOf(waiting)];

    expect(red.length).toBeLessThanOrEqual(3);
    expect(all.map(({ identifier }) => identifier).toSorted()).toEqual(checkActions.toSorted());
    for (const { identifier, label, description } of all) {
      expect(identifier.length).toBeLessThanOrEqual(20);
      expect(label.length).toBeLessThanOrEqual(20);
      expect(description.length).toBeLessThanOrEqual(40);
    }
  });

  test('stand beside the aggregate check alone, and only when it is concluded', () => {
    const suites = [aSuite({ status: 'failed' })];
    const [aggregate, suite] = renderChecks(aDocument({ verdict: 'failed', failure, suites }), context);
    const [live] = renderChecks(aRun({ phase: 'testing', suites }).document, context);

    expect(aggregate?.actions).toHaveLength(1);
    expect([...(suite?.actions ?? []), ...(live?.actions ?? [])]).toEqual([]);
  });
});
