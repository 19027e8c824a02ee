import { expect, test } from 'vitest';
import { policiesFinding } from '../../src/cli/doctor-policies.ts';

const detail = 'what was seen';

test.each([
  ['yes', true, 'hold: what was seen'],
  ['no', false, 'do not hold: what was seen'],
  ['unknown', false, 'not known whether they hold: what was seen'],
] as const)('the doctor says of policies that are enforced (%s)', (enforced, ok, words) => {
  expect(policiesFinding({ enforced, detail, leftover: null }, 'refuse')).toMatchObject({ ok, detail: words });
});

test.each([
  ['no', 'refuse', /Calico or Cilium\. Until then changes from forks are not run/],
  ['no', 'allow', /Calico or Cilium\. Until then changes from forks run without fences/],
  ['unknown', 'refuse', /ask again\. Until then changes from forks are not run/],
] as const)('and what to do: %s, forks %s', (enforced, unfenced, remedy) => {
  expect(policiesFinding({ enforced, detail, leftover: null }, unfenced).remedy).toMatch(remedy);
});

test('what could not be taken away is told, also where all else is well', () => {
  const finding = policiesFinding({ enforced: 'yes', detail, leftover: 'the namespace "a" is not gone' }, 'refuse');

  expect(finding).toMatchObject({ ok: false, detail: 'hold: what was seen; the namespace "a" is not gone' });
});
