import { expect, test } from 'vitest';
import { blockersOf } from '../../src/teardown/blockers.ts';
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
const stuck = { kind: 'ConfigMap', namespace: 'gr-1', name: 'stuck', uid: 'c', finalizers: ['lab.example/never'] };

test('an object with a finalizer is named with it', () => {
  expect(blockersOf(aNamespace([{ type: 'NamespaceContentRemaining', status: 'True' }]), [stuck])).toEqual([
    { object: 'ConfigMap gr-1/stuck', cause: 'lab.example/never', message: expect.stringContaining('finalizer') },
  ]);
});

test('a dead extension API is named by the condition', () => {
  const condition = {
    type: 'NamespaceDeletionDiscoveryFailure',
    status: 'True',
    message: 'metrics.k8s.io/v1beta1: unavailable',
  };

  expect(blockersOf(aNamespace([condition]), [])).toEqual([
    {
      object: 'Namespace gr-1',
      cause: 'NamespaceDeletionDiscoveryFailure',
      message: 'metrics.k8s.io/v1beta1: unavailable',
    },
  ]);
});

test('without either, what is left is named', () => {
  expect(blockersOf(aNamespace(), [{ ...stuck, kind: 'Pod', name: 'p', finalizers: [] }])).toEqual([
    { object: 'Namespace gr-1', cause: 'timeout', message: 'still has Pod/p' },
  ]);
});
