import { expect, test } from 'vitest';
import { ownershipAnnotations, ownershipLabels } from '../../infra/labels.ts';
import { environmentsOf, type Namespace } from '../../src/teardown/owned-namespaces.ts';
import { aSpec } from '../environment/builders.ts';

const { owner } = aSpec();

function aNamespace(name: string, role: string, labels: Record<string, string> = {}): Namespace {
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      labels: { ...ownershipLabels(owner), 'greenroom.dev/role': role, ...labels },
      annotations: ownershipAnnotations(owner),
    },
  };
}

test('the namespaces of one run are one environment, with what their labels say', () => {
  const environments = environmentsOf([
    aNamespace('gr-1-suites', 'suites'),
    aNamespace('gr-1', 'application'),
    aNamespace('gr-1-build', 'build'),
  ]);

  expect(environments).toMatchObject([
    {
      name: 'gr-1',
      instance: 'test',
      runId: 'r1',
      changeId: 'c7',
      expiresAt: 1_800_000_000,
      repository: 'acme/shop',
      changeNumber: 7,
    },
  ]);
  expect(environments[0]?.namespaces).toHaveLength(3);
});

test('a run whose application namespace is gone already keeps its name', () => {
  expect(environmentsOf([aNamespace('gr-1-suites', 'suites')])[0]?.name).toBe('gr-1');
});

test('an expiry that is no number is none', () => {
  expect(
    environmentsOf([aNamespace('gr-1', 'application', { 'greenroom.dev/expires-at': 'never' })])[0]?.expiresAt,
  ).toBeNaN();
});
