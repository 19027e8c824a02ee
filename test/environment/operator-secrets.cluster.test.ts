import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EnvironmentSpec } from '../../infra/environment-spec.ts';
import { RepositoryConfig } from '../../src/config/repository-config.ts';
import { compileEnvironment } from '../../src/environment/compile-environment.ts';
import { redactionOf } from '../../src/environment/diagnostics.ts';
import { provisionEnvironment } from '../../src/environment/environment.ts';
import {
  listOperatorSecrets,
  readOperatorSecrets,
  type SecretsRequest,
} from '../../src/environment/read-operator-secrets.ts';
import { objectsOfServices } from '../../src/environment/sources/services.ts';
import type { RunError } from '../../src/errors.ts';
import { connectKubernetes } from '../../src/kubernetes/kubernetes.ts';
import { renderChecked } from '../../src/runner/render-checked.ts';
import { aClusterSpec, clear, type Fixture, openFixture, serving } from './cluster-fixture.ts';

const namespace = `operator-secrets-${randomBytes(4).toString('hex')}`;
const value = `sk_test_${randomBytes(12).toString('hex')}`;
const signal = AbortSignal.timeout(500_000);
let fixture: Fixture;

beforeAll(async () => {
  fixture = await openFixture();
  const { core } = fixture.kubernetes;
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  const secrets: [name: string, repositories: string | null][] = [
    ['stripe-test', 'acme/shop'],
    ['mail', 'acme/*, other/thing'],
    ['billing', 'acme/billing'],
    ['forgotten', null],
  ];
  for (const [name, repositories] of secrets) {
    const annotations = repositories === null ? {} : { 'greenroom.dev/repositories': repositories };
    const body = { metadata: { name, annotations }, stringData: { STRIPE_KEY: value } };
    await core.createNamespacedSecret({ namespace, body });
  }
});
afterAll(async () => {
  await fixture.kubernetes.core.deleteNamespace({ name: namespace });
  await rm(fixture.folder, { recursive: true, force: true });
});

function requestFor(repository: string, changes: Partial<SecretsRequest> = {}): SecretsRequest {
  return { kubernetes: fixture.kubernetes, namespace, repository, trusted: true, ...changes };
}

function configNaming(...secrets: string[]): RepositoryConfig {
  const script = `console.log('key is ' + process.env.STRIPE_KEY); ${serving(8080)}`;
  const web = { name: 'web', image: 'web', port: 8080, command: ['/usr/bin/node', '-e', script], secrets };
  return RepositoryConfig.parse({
    version: 1,
    application: { entry: { service: 'web', port: 8080 }, services: [web] },
  });
}

describe('who gets what the operator has put up', () => {
  test.each([
    ['acme/shop', true, ['mail', 'stripe-test']],
    ['acme/other', true, ['mail']],
    ['local/shop', true, []],
    ['acme/shop', false, ['mail', 'stripe-test']],
  ])('%s, trusted: %s', async (repository, trusted, names) => {
    const request = requestFor(repository, { trusted });
    const all = ['stripe-test', 'mail', 'billing', 'forgotten', 'not-there'];

    const read = await readOperatorSecrets(request, all, signal);

    expect(await listOperatorSecrets(request, signal)).toEqual(names);
    expect(Object.keys(read).sort()).toEqual(names);
    const shown = btoa(trusted ? value : 'greenroom-stub');
    for (const data of Object.values(read)) expect(data).toEqual({ STRIPE_KEY: shown });
  });

  test('a namespace that is not there has put up nothing', async () => {
    expect(await listOperatorSecrets(requestFor('acme/shop', { namespace: 'not-there' }), signal)).toEqual([]);
  });

  test('another repository that names one is refused, and told only of what is its own', async () => {
    const refusal = await renderChecked({
      config: configNaming('stripe-test'),
      tree: fixture.folder,
      ceilings: { allowedKinds: [], allowedEgress: [] },
      putUp: () => listOperatorSecrets(requestFor('acme/other'), signal),
      restricted: null,
    }).catch((error: unknown) => error);

    expect(refusal).toMatchObject({
      code: 'APPLICATION_INVALID',
      remedy: 'fix-input',
      problems: [
        {
          file: 'greenroom.yaml',
          message: expect.stringContaining('takes from the Secret "stripe-test", which neither the change declares'),
          suggestion: 'there are: mail',
        },
      ],
    });
  });

  test('a user who may not read the namespace is told so, with what the cluster said', async () => {
    const refused = await listOperatorSecrets(
      requestFor('acme/shop', { kubernetes: await aUserWithoutRights() }),
      signal,
    ).catch((error: unknown) => error);

    expect(refused).toMatchObject({ code: 'SECRETS_UNREADABLE', remedy: 'fix-input' });
    expect((refused as RunError).message).toContain(`"${namespace}"`);
    expect((refused as RunError).hint).toContain('GREENROOM_SECRETS_NAMESPACE');
    expect((refused as RunError).evidence[0]).toContain('cannot list resource "secrets"');
  });
});

test('a pod gets the value by envFrom; no text of ours and no state of Pulumi holds it', async () => {
  const spec = await compiled(configNaming('stripe-test'));
  const { kubernetes, pulumi } = fixture;
  try {
    const provisioned = await provisionEnvironment({ kubernetes, pulumi, spec, deadlineMs: 120_000, signal });
    const state = await stateOf(spec);
    const log = await logOf(spec.name, 'web');

    expect(provisioned).toMatchObject({ ready: true });
    expect(log).toContain(`key is ${value}`);
    expect(redactionOf(spec)(log)).toBe(log.replaceAll(value, '[redacted]'));
    expect(JSON.stringify(provisioned)).not.toContain(value);
    expect(state).toContain('application/Secret/stripe-test');
    expect(state).not.toContain(value);
    expect(state).not.toContain(btoa(value));
    await expect(kubernetes.core.readNamespacedSecret({ namespace: spec.name, name: 'mail' })).rejects.toMatchObject({
      code: 404,
    });
  } finally {
    const receipt = await clear(fixture, spec);
    expect(receipt.gone.map((object) => `${object.kind}/${object.name}`)).toContain('Secret/stripe-test');
    expect(receipt.status).toBe('gone');
  }
});

async function compiled(config: RepositoryConfig): Promise<EnvironmentSpec> {
  const { name, owner } = aClusterSpec([]);
  const { image } = fixture;
  const result = compileEnvironment({
    config,
    rendered: objectsOfServices(config.application.services ?? []),
    images: [{ name: 'web', reference: image, digest: image.split('@')[1] ?? '' }],
    defaultRegistry: image.split('/')[0] ?? '',
    suites: [],
    name,
    owner,
    trusted: true,
    secrets: await readOperatorSecrets(requestFor('acme/shop'), ['stripe-test', 'mail'], signal),
    ceilings: { maxCpu: '2', maxMemory: '2Gi', allowedKinds: [], allowedEgress: [], allowedRegistries: [] },
    pullSecret: null,
    preview: null,
    podTemplate: null,
  });
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.spec;
}

/** Everything that Pulumi keeps of the environment, history included. */
async function stateOf(spec: EnvironmentSpec): Promise<string> {
  const folder = `${fixture.folder}/state/.pulumi`;
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const own = files.map((file) => join(file.parentPath, file.name)).filter((path) => path.includes(spec.name));
  expect(own.length).toBeGreaterThan(0);
  return (await Promise.all(own.map((path) => readFile(path, 'utf8')))).join('\n');
}

async function logOf(inNamespace: string, app: string): Promise<string> {
  const { core } = fixture.kubernetes;
  const labelSelector = `app.kubernetes.io/name=${app}`;
  const [pod] = (await core.listNamespacedPod({ namespace: inNamespace, labelSelector })).items;
  return core.readNamespacedPodLog({ namespace: inNamespace, name: pod?.metadata?.name ?? '' });
}

/** The namespace's own default account: known to the cluster, allowed nothing. */
async function aUserWithoutRights() {
  const { kubernetes, folder } = fixture;
  const body = { spec: { audiences: [], expirationSeconds: 600 } };
  const { status } = await kubernetes.core.createNamespacedServiceAccountToken({ namespace, name: 'default', body });
  const cluster = kubernetes.config.getCurrentCluster();
  const file = join(folder, 'without-rights');
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
  await writeFile(file, JSON.stringify(kubeconfig));
  return connectKubernetes(file, null);
}
