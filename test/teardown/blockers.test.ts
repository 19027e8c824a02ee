import { expect, test } from 'vitest';
import { blockersOf, noObstacles } from '../../src/teardown/blockers.ts';
import type { Namespace } from '../../src/teardown/owned-namespaces.ts';

function aNamespace(
  conditions: { type: string; status: string; message?: string }[] = [],
  deletionTimestamp: string | undefined = '2026-01-01T00:00:00Z',
): Namespace {
  return {
    metadata: { name: 'gr-1', uid: 'u', ...(deletionTimestamp ? { deletionTimestamp } : {}) },
    status: { conditions },
  };
}
const stuck = {
  kind: 'ConfigMap',
  namespace: 'gr-1',
  name: 'stuck',
  uid: 'c',
  finalizers: ['lab.example/never'],
  terminating: true,
  path: '/x',
};

test('an object with a finalizer is named with it', () => {
  expect(
    blockersOf(aNamespace([{ type: 'NamespaceContentRemaining', status: 'True' }]), {
      ...noObstacles,
      remaining: [stuck],
    }),
  ).toEqual([
    { object: 'ConfigMap gr-1/stuck', cause: 'lab.example/never', message: expect.stringContaining('finalizer') },
  ]);
});

const failure = {
  type: 'NamespaceDeletionDiscoveryFailure',
  status: 'True',
  message: 'Discovery failed for some groups, 1 failing: metrics.k8s.io/v1beta1: stale GroupVersion discovery',
};

test('an extension API that does not answer is named, with why', () => {
  const dead = {
    name: 'v1beta1.metrics.k8s.io',
    groupVersion: 'metrics.k8s.io/v1beta1',
    message: 'ServiceNotFound: service/metrics in "kube-system" is not present',
  };
  const other = { ...dead, name: 'v1.lab.example', groupVersion: 'lab.example/v1' };

  expect(blockersOf(aNamespace([failure]), { ...noObstacles, deadApis: [dead, other] })).toEqual([
    {
      object: 'APIService v1beta1.metrics.k8s.io',
      cause: 'NamespaceDeletionDiscoveryFailure',
      message: expect.stringContaining('ServiceNotFound'),
    },
  ]);
});

test('where nobody may look at extension APIs, the condition names it', () => {
  expect(blockersOf(aNamespace([failure]), noObstacles)).toEqual([
    { object: 'Namespace gr-1', cause: failure.type, message: expect.stringContaining('metrics.k8s.io/v1beta1') },
  ]);
});

test('without either, what is left is named', () => {
  const pod = { ...stuck, kind: 'Pod', name: 'p', finalizers: [] };

  expect(blockersOf(aNamespace(), { ...noObstacles, remaining: [pod] })).toEqual([
    { object: 'Namespace gr-1', cause: 'timeout', message: 'still has Pod/p' },
  ]);
});

test('a cluster that refuses to delete is quoted', () => {
  const refused = 'the cluster answered 403: namespaces "gr-1" is forbidden';
  const namespace: Namespace = { metadata: { name: 'gr-1', uid: 'u' } };

  expect(blockersOf(namespace, { ...noObstacles, refused })).toEqual([
    { object: 'Namespace gr-1', cause: 'not deleted', message: refused },
  ]);
});
