import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPullSecret } from '../../src/image/read-pull-secret.ts';
import { connectKubernetes, type Kubernetes } from '../../src/kubernetes/kubernetes.ts';

const namespace = `pull-secret-${randomBytes(4).toString('hex')}`;
const type = 'kubernetes.io/dockerconfigjson';
const config = { auths: { 'registry.test': { auth: btoa('puller:hunter22') }, 'other.test': {} } };
const signal = AbortSignal.timeout(60_000);
let kubernetes: Kubernetes;

beforeAll(async () => {
  kubernetes = connectKubernetes(process.env.GREENROOM_TEST_KUBECONFIG ?? '', null);
  await kubernetes.core.createNamespace({ body: { metadata: { name: namespace } } });
  for (const [name, secret] of [
    ['good', { type, stringData: { '.dockerconfigjson': JSON.stringify(config) } }],
    ['opaque', { stringData: { '.dockerconfigjson': JSON.stringify(config) } }],
    ['empty', { type, stringData: { '.dockerconfigjson': '{"auths":{}}' } }],
  ] as const)
    await kubernetes.core.createNamespacedSecret({ namespace, body: { metadata: { name }, ...secret } });
});
afterAll(() => kubernetes.core.deleteNamespace({ name: namespace }));

test('a Secret with credentials is taken as it is', async () => {
  const { dockerConfigJson, registries } = await readPullSecret(kubernetes, { namespace, name: 'good' }, signal);

  expect(JSON.parse(atob(dockerConfigJson))).toEqual(config);
  expect(registries).toEqual(['registry.test', 'other.test']);
});

test.each([
  ['not-there', 'is not there'],
  ['opaque', 'is of type Opaque, not kubernetes.io/dockerconfigjson'],
  ['empty', 'holds no credentials of a registry under "auths"'],
])('%s is named: %s', async (name, why) => {
  await expect(readPullSecret(kubernetes, { namespace, name }, signal)).rejects.toMatchObject({
    code: 'PULL_SECRET_UNUSABLE',
    remedy: 'fix-input',
    message: `reading the pull secret "${namespace}/${name}", which ${why}`,
    hint: expect.stringContaining('GREENROOM_PULL_SECRET'),
  });
});
