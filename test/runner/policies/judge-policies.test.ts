import { describe, expect, test } from 'vitest';
import { judgePolicies, type PolicySight } from '../../../src/runner/policies/judge-policies.ts';

const holding: PolicySight = {
  nodes: ['a', 'b'],
  before: { inward: true, outward: true },
  ingressDenied: { inwardEnded: true, outwardGoesOn: true },
  egressDenied: { outwardEnded: true },
  alive: true,
};

describe('policies', () => {
  test('hold where each direction ends under its own denial, and the rest goes on', () => {
    expect(judgePolicies(holding)).toEqual({
      enforced: 'yes',
      detail: 'ingress and egress ended under policies that deny them, between nodes "a" and "b"',
    });
  });

  test.each<[string, Partial<PolicySight>, string]>([
    ['ingress', { ingressDenied: { inwardEnded: false, outwardGoesOn: true } }, 'ingress went on'],
    ['egress', { egressDenied: { outwardEnded: false } }, 'egress went on'],
    [
      'both',
      { ingressDenied: { inwardEnded: false, outwardGoesOn: true }, egressDenied: { outwardEnded: false } },
      'ingress and egress went on',
    ],
  ])('do not hold where %s goes on', (_, seen, words) => {
    const { enforced, detail } = judgePolicies({ ...holding, ...seen });

    expect(enforced).toBe('no');
    expect(detail).toMatch(new RegExp(`^${words} under a policy`));
  });

  test.each<[string, Partial<PolicySight>, string]>([
    ['nobody was reached before', { before: { inward: false, outward: true } }, 'even without a policy'],
    ['nobody reached out before', { before: { inward: true, outward: false } }, 'even without a policy'],
    ['the probe came to no end', { egressDenied: null }, 'no end'],
    ['too much ended', { ingressDenied: { inwardEnded: true, outwardGoesOn: false } }, 'egress ended as well'],
    ['the pods died', { alive: false }, 'silent'],
  ])('are not known where %s', (_, seen, words) => {
    const { enforced, detail } = judgePolicies({ ...holding, ...seen });

    expect(enforced).toBe('unknown');
    expect(detail).toContain(words);
  });

  test('that let something through are not excused by anything else that went wrong', () => {
    const seen = { ...holding, egressDenied: { outwardEnded: false }, alive: false };

    expect(judgePolicies(seen).enforced).toBe('no');
  });

  test('are told of with one node where there was one', () => {
    expect(judgePolicies({ ...holding, nodes: ['a', 'a'] }).detail).toMatch(/, on node "a"$/);
  });
});
