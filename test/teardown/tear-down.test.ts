import { expect, test } from 'vitest';
import { RunError } from '../../src/errors.ts';
import type { TeardownRequest } from '../../src/teardown/tear-down.ts';
import { tearDown } from '../../src/teardown/tear-down.ts';
import { SmallCluster, target } from './small-cluster.ts';

function aTeardown(kubernetes: SmallCluster, changes: Partial<TeardownRequest> = {}): TeardownRequest {
  return { kubernetes, stacks: null, target, deadlineMs: 30_000, ...changes };
}

const lost = new RunError('renewing the lease', { code: 'LEASE_LOST', remedy: 'retry' });

test('nothing is changed and no receipt given by whoever has lost the right to it', async () => {
  const cluster = new SmallCluster('gr-1', 'gr-1-suites');
  const over = AbortSignal.abort(lost);

  const torn = tearDown(aTeardown(cluster, { lease: { enough: () => Promise.reject(lost), over } }));

  await expect(torn).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(cluster.writes).toEqual([]);
});

test('each request that changes something waits until there is time enough for it', async () => {
  const cluster = new SmallCluster('gr-1');
  const asked: number[] = [];
  const lease = { enough: async () => void asked.push(cluster.writes.length), over: new AbortController().signal };

  await tearDown(aTeardown(cluster, { lease }));

  expect(cluster.writes).toEqual(['DELETE /api/v1/namespaces/gr-1', 'DELETE /api/v1/namespaces/gr-1/pods']);
  // Before each of them, and before the receipt.
  expect(asked).toEqual([0, 1, 2]);
});

test('a right that is lost while it looks gives no receipt either', async () => {
  const cluster = new SmallCluster('gr-1');
  const enough = () => (cluster.namespaces.size === 0 ? Promise.reject(lost) : Promise.resolve());

  const torn = tearDown(aTeardown(cluster, { lease: { enough, over: new AbortController().signal } }));

  await expect(torn).rejects.toMatchObject({ code: 'LEASE_LOST' });
});

test('a cluster that is away for a moment is asked again', async () => {
  const cluster = new SmallCluster('gr-1');
  cluster.addConfigMap('gr-1', 'settings');
  let away = 3;
  cluster.before = () => {
    if (away-- > 0) throw new Error('connection refused');
  };

  const receipt = await tearDown(aTeardown(cluster));

  expect(receipt).toMatchObject({ status: 'gone', blockedBy: [] });
  expect(receipt.created.map(({ name }) => name)).toEqual(['gr-1', 'settings']);
});

test('what cannot be listed any more is not taken for gone', async () => {
  const cluster = new SmallCluster('gr-1');
  cluster.addConfigMap('gr-1', 'settings');
  cluster.refuse = ({ path }) => (path.endsWith('/configmaps') && cluster.namespaces.size === 0 ? 503 : null);

  const receipt = await tearDown(aTeardown(cluster));

  expect(receipt).toMatchObject({
    status: 'blocked',
    blockedBy: [{ object: 'ConfigMap gr-1/settings', cause: 'not listed' }],
  });
  expect(receipt.gone.map(({ name }) => name)).toEqual(['gr-1']);
});

test('a later attempt goes on with the list of the one before it', async () => {
  const cluster = new SmallCluster('gr-1', 'gr-1-suites');
  const stuck = cluster.addConfigMap('gr-1', 'stuck', ['lab.example/never']);
  const earlier = await tearDown(aTeardown(cluster, { deadlineMs: 500 }));
  stuck.metadata.finalizers = [];

  const receipt = await tearDown(aTeardown(cluster, { earlier }));

  expect(earlier).toMatchObject({ status: 'blocked', gone: [{ name: 'gr-1-suites' }] });
  expect(receipt.status).toBe('gone');
  expect(receipt.gone.map(({ name }) => name).sort()).toEqual(['gr-1', 'gr-1-suites', 'stuck']);
});

test('a volume that an earlier attempt left is looked for again when its namespace is long gone', async () => {
  const cluster = new SmallCluster();
  const spec = { claimRef: { namespace: 'gr-1', name: 'data' }, persistentVolumeReclaimPolicy: 'Delete' };
  cluster.volumes.push({ metadata: { name: 'pv-1', uid: 'uid-pv-1' }, spec });
  const volume = { name: 'pv-1', uid: 'uid-pv-1', status: 'remaining' as const, note: '' };
  const earlier = { created: [], gone: [], stripped: [], volumes: [volume] };

  const blocked = await tearDown(aTeardown(cluster, { earlier, deadlineMs: 500 }));
  cluster.volumes.pop();
  const freed = await tearDown(aTeardown(cluster, { earlier: blocked }));

  expect(blocked).toMatchObject({ status: 'blocked', blockedBy: [{ object: 'PersistentVolume pv-1' }] });
  expect(freed).toMatchObject({ status: 'gone', volumes: [{ name: 'pv-1', status: 'gone' }] });
});

test('finalizers stay where nobody said that they may be stripped', async () => {
  const cluster = new SmallCluster('gr-1');
  cluster.addConfigMap('gr-1', 'stuck', ['lab.example/never']);

  const receipt = await tearDown(aTeardown(cluster, { deadlineMs: 500 }));

  expect(receipt).toMatchObject({ status: 'blocked', stripped: [] });
  expect(cluster.writes.filter((write) => write.startsWith('PATCH'))).toEqual([]);
});
