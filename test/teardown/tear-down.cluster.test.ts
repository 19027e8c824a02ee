import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labels, ownershipAnnotations, ownershipLabels } from '../../infra/labels.ts';
import { apiRequest } from '../../src/kubernetes/api-request.ts';
import { connectKubernetes, type Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import type { OpenChanges } from '../../src/teardown/expired.ts';
import { type SweepRequest, sweep } from '../../src/teardown/sweep.ts';
import { type TeardownRequest, tearDown } from '../../src/teardown/tear-down.ts';
import { aSpec } from '../environment/builders.ts';

const instance = `teardown-test-${randomBytes(4).toString('hex')}`;
const signal = AbortSignal.timeout(500_000);
let kubernetes: Kubernetes;

beforeAll(() => {
  kubernetes = connectKubernetes(process.env.GREENROOM_TEST_KUBECONFIG ?? '', null);
});
afterAll(async () => {
  const { body } = await request<{ items: { metadata: { name: string } }[] }>('GET', '/api/v1/namespaces');
  const own = body.items.filter(({ metadata }) => metadata.name.startsWith(instance));
  await Promise.all(own.map(({ metadata }) => request('DELETE', `/api/v1/namespaces/${metadata.name}`)));
});

async function request<T>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
  contentType?: string,
) {
  return await apiRequest<T>(kubernetes, {
    method,
    path,
    signal,
    ...(body ? { body } : {}),
    ...(contentType ? { contentType } : {}),
  });
}

interface Made {
  name: string;
  runId: string;
}

async function makeEnvironment(
  changes: { expiresAt?: number; changeNumber?: number; instance?: string } = {},
): Promise<Made> {
  const id = randomBytes(4).toString('hex');
  const name = `${instance}-${id}`;
  const expiresAt = Math.floor(Date.now() / 1000) + 3600;
  const owner = { ...aSpec().owner, instance, runId: `r${id}`, expiresAt, ...changes };
  for (const [suffix, role] of [
    ['', 'application'],
    ['-suites', 'suites'],
  ] as const) {
    const metadata = {
      name: `${name}${suffix}`,
      labels: { ...ownershipLabels(owner), [labels.role]: role },
      annotations: ownershipAnnotations(owner),
    };
    await request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
  }
  return { name, runId: owner.runId };
}

async function makeConfigMap(namespace: string, name: string, finalizers: string[] = []): Promise<void> {
  await request('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, finalizers },
  });
}

async function exists(namespace: string): Promise<boolean> {
  return (await request('GET', `/api/v1/namespaces/${namespace}`)).status === 200;
}

async function clear({ name, runId }: Made, deadlineMs = 60_000, changes: Partial<TeardownRequest> = {}) {
  const target = { name, runId, instance };
  return await tearDown({ kubernetes, stacks: null, target, deadlineMs, ...changes });
}

/** A volume of ours, and a claim in the environment that has got it. */
async function makeVolume(namespace: string, persistentVolumeReclaimPolicy: string): Promise<string> {
  const name = `${namespace}-data`;
  const size = { storage: '1Mi' };
  await request('POST', '/api/v1/persistentvolumes', {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: size,
      claimRef: { namespace, name: 'data' },
      hostPath: { path: '/tmp' },
      persistentVolumeReclaimPolicy,
      storageClassName: '',
    },
  });
  await request('POST', `/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: size }, storageClassName: '', volumeName: name },
  });
  return name;
}

describe('a teardown', () => {
  test('takes both namespaces without any Pulumi state and lists each object as gone', async () => {
    const made = await makeEnvironment();
    await makeConfigMap(made.name, 'settings');

    const receipt = await clear(made);

    expect(receipt).toMatchObject({ status: 'gone', blockedBy: [], environment: made.name, runId: made.runId });
    expect(receipt.created).toContainEqual(
      expect.objectContaining({ kind: 'ConfigMap', namespace: made.name, name: 'settings' }),
    );
    expect(receipt.gone).toEqual(receipt.created);
    expect(await exists(made.name)).toBe(false);
  });

  test('names the object and the finalizer that block it, and is gone when these let go', async () => {
    const made = await makeEnvironment();
    await makeConfigMap(made.name, 'stuck', ['lab.example/never']);

    const blocked = await clear(made, 12_000);
    await request(
      'PATCH',
      `/api/v1/namespaces/${made.name}/configmaps/stuck`,
      { metadata: { finalizers: null } },
      'application/merge-patch+json',
    );
    const freed = await clear(made);

    expect(blocked).toMatchObject({
      status: 'blocked',
      blockedBy: [{ object: `ConfigMap ${made.name}/stuck`, cause: 'lab.example/never' }],
    });
    expect(blocked.gone.map((object) => object.name)).toContain(`${made.name}-suites`);
    expect(freed.status).toBe('gone');
  });

  test('strips a finalizer that nobody serves when an operator says so, and lists it', async () => {
    const made = await makeEnvironment();
    await makeConfigMap(made.name, 'stuck', ['lab.example/never']);
    await makeConfigMap(made.name, 'settings');

    const receipt = await clear(made, 60_000, { stripFinalizers: true });

    expect(receipt).toMatchObject({
      status: 'gone',
      stripped: [{ kind: 'ConfigMap', namespace: made.name, name: 'stuck', finalizers: ['lab.example/never'] }],
    });
  });

  test('names the extension API that does not answer, and is gone when that is', async () => {
    const group = `${randomBytes(4).toString('hex')}.lab.example`;
    const path = '/apis/apiregistration.k8s.io/v1/apiservices';
    const made = await makeEnvironment();
    await request('POST', path, {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `v1.${group}` },
      spec: {
        ...{ group, version: 'v1', groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true },
        service: { namespace: 'default', name: 'nobody-there' },
      },
    });

    const blocked = await clear(made, 10_000).finally(() => request('DELETE', `${path}/v1.${group}`));
    const freed = await clear(made);

    expect(blocked.status).toBe('blocked');
    expect(blocked.blockedBy).toContainEqual({
      object: `APIService v1.${group}`,
      cause: 'NamespaceDeletionDiscoveryFailure',
      message: expect.stringContaining('nobody-there'),
    });
    expect(freed.status).toBe('gone');
  });

  test('lists the volume that its reclaim policy keeps', async () => {
    const made = await makeEnvironment();
    const volume = await makeVolume(made.name, 'Retain');

    const receipt = await clear(made).finally(() => request('DELETE', `/api/v1/persistentvolumes/${volume}`));

    expect(receipt).toMatchObject({
      status: 'gone',
      volumes: [{ name: volume, status: 'kept', note: expect.stringContaining('Retain') }],
    });
  });

  test('is blocked as long as a volume stands that its storage driver does not delete', async () => {
    const made = await makeEnvironment();
    const volume = await makeVolume(made.name, 'Delete');

    // Long enough for the namespace to go, since the deadline is always waited for.
    const blocked = await clear(made, 25_000);
    await request('DELETE', `/api/v1/persistentvolumes/${volume}`);
    const freed = await clear(made, 60_000, { earlier: blocked });

    expect(blocked).toMatchObject({
      status: 'blocked',
      blockedBy: [{ object: `PersistentVolume ${volume}`, cause: 'not deleted' }],
    });
    expect(freed).toMatchObject({ status: 'gone', volumes: [{ name: volume, status: 'gone' }] });
  });

  test('of nothing is gone, with an empty list', async () => {
    const receipt = await clear({ name: `${instance}-never`, runId: 'r-never' });

    expect(receipt).toMatchObject({ status: 'gone', created: [], gone: [] });
  });

  test('never touches a namespace of another instance, whatever its name and run', async () => {
    const other = await makeEnvironment({ instance: `${instance}-other` });

    const receipt = await clear(other);

    expect(receipt.created).toEqual([]);
    expect(await exists(other.name)).toBe(true);
  });
});

describe('a sweep', () => {
  function aSweep(changes: Partial<SweepRequest> = {}): SweepRequest {
    const openChanges = async (): Promise<OpenChanges> => new Map([['acme/shop', new Set([7])]]);
    const liveRuns = async () => new Set<string>();
    return {
      kubernetes,
      stacks: null,
      instance,
      openChanges,
      liveRuns,
      now: () => new Date(),
      dryRun: false,
      deadlineMs: 60_000,
      signal,
      ...changes,
    };
  }

  test('tells in a dry run what would go and why, and touches nothing', async () => {
    const old = await makeEnvironment({ expiresAt: 1_700_000_000 });

    const result = await sweep(aSweep({ dryRun: true }));

    expect(result.candidates).toMatchObject([{ reason: 'expired', environment: { name: old.name } }]);
    expect(result).toMatchObject({ destroyed: 0, failed: 0 });
    expect(await exists(old.name)).toBe(true);
  });

  test('takes what expired or was closed and leaves what is open', async () => {
    const closed = await makeEnvironment({ changeNumber: 8 });
    const open = await makeEnvironment({ changeNumber: 7 });

    const result = await sweep(aSweep());

    expect(result).toMatchObject({ found: 3, destroyed: 2, failed: 0 });
    expect(await exists(closed.name)).toBe(false);
    expect(await exists(open.name)).toBe(true);
  });

  test('leaves what was reopened between the decision and the deed', async () => {
    const reopened = await makeEnvironment({ changeNumber: 9 });
    const answers = [new Set([7]), new Set([7, 9])];
    const openChanges = async (): Promise<OpenChanges> => new Map([['acme/shop', answers.shift() ?? new Set([7, 9])]]);

    const result = await sweep(aSweep({ openChanges }));

    expect(result).toMatchObject({ candidates: [{ environment: { name: reopened.name } }], destroyed: 0, failed: 0 });
    expect(await exists(reopened.name)).toBe(true);
  });
});
