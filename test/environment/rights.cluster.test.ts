import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { EnvironmentSpec, KubernetesObject } from '../../infra/environment-spec.ts';
import { labels } from '../../infra/labels.ts';
import { provisionEnvironment } from '../../src/environment/environment.ts';
import { apiRequest } from '../../src/kubernetes/api-request.ts';
import { execInPod } from '../../src/kubernetes/exec.ts';
import { connectKubernetes, type Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { probePolicies } from '../../src/runner/policies/probe-policies.ts';
import { eventually } from '../cluster/a-cluster.ts';
import { aClusterSpec, aProgram, clear, type Fixture, openFixture, serving } from './cluster-fixture.ts';

/** docs/rbac.yaml as an operator applies it, under names that nothing else has. */
const id = `rights-${randomBytes(4).toString('hex')}`;
const other = `${id}-other`;
const signal = AbortSignal.timeout(500_000);
const applied: string[] = [];
/** As the cluster's admin, and as the account that the file gives its rights to. */
let admin: Fixture;
let fixture: Fixture;

beforeAll(async () => {
  admin = await openFixture();
  for (const name of [id, `${id}-secrets`, other]) await make('/api/v1/namespaces', { metadata: { name } });
  // It runs nowhere: nobody schedules it.
  const spec = { schedulerName: 'nobody', containers: [{ name: 'a', image: 'a' }] };
  const theirs = { metadata: { name: 'theirs' }, spec };
  await eventually('there is a pod of others', async () => (await asAdmin('POST', pods(other), theirs)).status === 201);
  for (const object of await asApplied()) await make(pathOf(object), object);
  const kubeconfigPath = await accountsKubeconfig();
  fixture = { ...admin, kubeconfigPath, kubernetes: connectKubernetes(kubeconfigPath, null) };
  await eventually('the policy is in force', async () => (await ask('POST', configMaps(other), aMap())).status === 403);
});
afterAll(async () => {
  for (const path of applied.toReversed()) await asAdmin('DELETE', path);
  await rm(admin.folder, { recursive: true, force: true });
});

test('with these rights an environment comes up, is looked into, and is proven gone', async () => {
  const spec = aSpecOf(id);
  const { kubernetes, pulumi } = fixture;
  try {
    const provisioned = await provisionEnvironment({ kubernetes, pulumi, spec, deadlineMs: 120_000, signal });
    const [pod] = (await kubernetes.core.listNamespacedPod({ namespace: spec.name })).items;
    const where = { namespace: spec.name, pod: pod?.metadata?.name ?? '', container: 'web' };
    const said = await execInPod(kubernetes, { ...where, command: ['/usr/bin/node', '-p', '6 * 7'], signal });

    expect(provisioned).toMatchObject({ ready: true });
    expect(said.stdout.toString().trim()).toBe('42');
  } finally {
    expect(await clear(fixture, spec)).toMatchObject({ status: 'gone', blockedBy: [] });
  }
});

test('with these rights it is found out whether NetworkPolicies hold, and nothing is left of it', async () => {
  const { kubernetes, image } = fixture;
  const pullSecret = async () => ({ dockerConfigJson: Buffer.from('{"auths":{}}').toString('base64') });
  const finding = await probePolicies({
    ...{ kubernetes, instance: id, image: async () => image, pullSecret, podTemplate: null, signal },
  });

  expect(finding).toMatchObject({ enforced: 'yes', leftover: null });
  const labelSelector = `${labels.instance}=${id},${labels.role}=probe`;
  expect((await admin.kubernetes.core.listNamespace({ labelSelector })).items).toEqual([]);
});

describe('the same account', () => {
  test.each<[string, Parameters<typeof ask>]>([
    ["makes no object in another's namespace", ['POST', configMaps(other), aMap()]],
    ['makes no namespace without its label', ['POST', '/api/v1/namespaces', namespaceOf({})]],
    ['makes none for another instance', ['POST', '/api/v1/namespaces', namespaceOf({ [labels.instance]: 'b' })]],
    ['takes no namespace over', ['PATCH', `/api/v1/namespaces/${other}`, labelled(id)]],
    ['deletes no namespace of others', ['DELETE', `/api/v1/namespaces/${other}`]],
    ['deletes no pod of others', ['DELETE', `${pods(other)}/theirs`]],
    ['deletes no pods of others', ['DELETE', pods(other)]],
    ['enters no pod of others', ['POST', `${pods(other)}/theirs/exec?command=id`]],
    ['gives itself no rights', ['POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', aBinding()]],
    ['asks for no token', ['POST', `/api/v1/namespaces/${id}/serviceaccounts/greenroom/token`, {}]],
    ['speaks to no node', ['GET', '/api/v1/nodes/any/proxy/']],
  ])('%s', async (_, request) => {
    expect((await ask(...request)).status).toBe(403);
  });

  test('does not let go of a namespace of its own', async () => {
    const name = `${id}-own`;
    const made = await ask('POST', '/api/v1/namespaces', { metadata: { name, ...labelled(id).metadata } });
    const lost = await ask('PATCH', `/api/v1/namespaces/${name}`, labelled(null));
    const gone = await ask('DELETE', `/api/v1/namespaces/${name}`);

    expect([made.status, lost.status, gone.status]).toEqual([201, 403, 200]);
  });
});

/** With `greenroom` and `main` replaced, as the head of the file says. */
async function asApplied(): Promise<KubernetesObject[]> {
  const text = await readFile(join(import.meta.dirname, '../../docs/rbac.yaml'), 'utf8');
  const named = text
    .replaceAll('namespace: greenroom-secrets', `namespace: ${id}-secrets`)
    .replaceAll('namespace: greenroom }', `namespace: ${id} }`)
    .replaceAll('system:serviceaccount:greenroom:greenroom', `system:serviceaccount:${id}:greenroom`)
    .replaceAll(`'"main"'`, `'"${id}"'`)
    .replaceAll('greenroom-keeps-to-its-own', `${id}-keeps-to-its-own`);
  const objects = parseAllDocuments(named).map((document) => document.toJS() as KubernetesObject);
  // What has no namespace gets a name of this test's.
  return objects.map((object) => {
    const { metadata, roleRef } = object as KubernetesObject & { roleRef?: { kind: string; name: string } };
    const isOurs = metadata.namespace === undefined && metadata.name === 'greenroom';
    return {
      ...object,
      metadata: isOurs ? { ...metadata, name: id } : metadata,
      ...(roleRef?.kind === 'ClusterRole' ? { roleRef: { ...roleRef, name: id } } : {}),
    };
  });
}

function pathOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const word = kind.toLowerCase();
  const plural = word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`;
  return metadata.namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${metadata.namespace}/${plural}`;
}

async function make(path: string, object: { metadata: { name: string } }): Promise<void> {
  const { status, body } = await asAdmin('POST', path, object);
  expect(status, JSON.stringify(body)).toBe(201);
  applied.push(`${path}/${object.metadata.name}`);
}

async function accountsKubeconfig(): Promise<string> {
  const body = { spec: { audiences: [], expirationSeconds: 3600 } };
  const { core, config } = admin.kubernetes;
  const { status } = await core.createNamespacedServiceAccountToken({ namespace: id, name: 'greenroom', body });
  const cluster = config.getCurrentCluster();
  const file = join(admin.folder, 'with-these-rights');
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'c', cluster: { server: cluster?.server, 'certificate-authority-data': cluster?.caData ?? undefined } },
    ],
    users: [{ name: 'u', user: { token: status?.token } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  };
  await writeFile(file, JSON.stringify(kubeconfig), { mode: 0o600 });
  return file;
}

function aSpecOf(instance: string): EnvironmentSpec {
  const spec = aClusterSpec(aProgram(fixture.image, 'web', 8080, serving(8080)));
  return { ...spec, owner: { ...spec.owner, instance } };
}

function namespaceOf(ownLabels: Record<string, string>): object {
  return { metadata: { name: `${id}-more`, labels: ownLabels } };
}

function labelled(instance: string | null): { metadata: object } {
  return { metadata: { labels: { [labels.instance]: instance } } };
}

function configMaps(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps`;
}

function pods(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

function aMap(): object {
  return { metadata: { name: 'a-map' } };
}

function aBinding(): object {
  const group = 'rbac.authorization.k8s.io';
  return {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: `${id}-more` },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'greenroom', namespace: id }],
  };
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

function ask(method: Method, path: string, body?: object) {
  return askAs(fixture.kubernetes, method, path, body);
}

function asAdmin(method: Method, path: string, body?: object) {
  return askAs(admin.kubernetes, method, path, body);
}

async function askAs(kubernetes: Kubernetes, method: Method, path: string, body?: object) {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return await apiRequest<unknown>(kubernetes, {
    ...{ method, path, signal: AbortSignal.timeout(30_000) },
    ...(body === undefined ? {} : { body, contentType }),
  });
}
