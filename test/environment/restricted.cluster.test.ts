import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EnvironmentSpec, KubernetesObject } from '../../infra/environment-spec.ts';
import { RepositoryConfig } from '../../src/config/repository-config.ts';
import { compileEnvironment } from '../../src/environment/compile-environment.ts';
import { provisionEnvironment } from '../../src/environment/environment.ts';
import { stubsOf } from '../../src/environment/operator-secrets.ts';
import { eventually } from '../cluster/a-cluster.ts';
import { sourced } from './builders.ts';
import { aClusterSpec, aProgram, clear, type Fixture, openFixture, serving } from './cluster-fixture.ts';

const signal = AbortSignal.timeout(500_000);
let fixture: Fixture;
let spec: EnvironmentSpec;

/** What an approved stranger's code finds around itself and whom it reaches, for the log; deaf to SIGTERM. */
const look = `const { existsSync } = require('fs');
const reach = (host, port) => new Promise((resolve) => {
  const socket = require('net').connect({ host, port, timeout: 3000 });
  socket.once('connect', () => resolve('open')).once('error', () => resolve('closed')).once('timeout', () => resolve('closed'));
});
// Its service has no address before it is ready.
const reachSoon = async (host, port) => {
  for (let looks = 0; looks < 100 && (await reach(host, port)) === 'closed'; looks++) await new Promise((again) => setTimeout(again, 300));
  return reach(host, port);
};
process.on('SIGTERM', () => {});
${serving(8080)}
(async () => console.log(JSON.stringify({
  key: process.env.STRIPE_KEY, uid: process.getuid(), token: existsSync('/var/run/secrets/kubernetes.io'),
  itself: await reachSoon('web', 8080), api: await reach(process.env.KUBERNETES_SERVICE_HOST, process.env.KUBERNETES_SERVICE_PORT),
  node: await reach(process.env.NODE, 10250), metadata: await reach('169.254.169.254', 80), internet: await reach('1.1.1.1', 443),
})))();`;

beforeAll(async () => {
  fixture = await openFixture();
  spec = compiled();
  const { kubernetes, pulumi } = fixture;
  const provisioned = await provisionEnvironment({ kubernetes, pulumi, spec, deadlineMs: 120_000, signal });
  expect(provisioned).toMatchObject({ ready: true });
});
afterAll(async () => {
  await rm(fixture.folder, { recursive: true, force: true });
});

describe('the environment of a change from a fork', () => {
  test('shows its code a stub, no token, a user that is not root, and no way out', async () => {
    const { core } = fixture.kubernetes;
    const [pod] = (await core.listNamespacedPod({ namespace: spec.name })).items;
    let seen = '';
    await eventually('its code has looked around', async () => {
      seen = await core.readNamespacedPodLog({ namespace: spec.name, name: pod?.metadata?.name ?? '' });
      return seen.includes('}');
    });

    expect(JSON.parse(seen.trim())).toEqual({
      ...{ key: 'greenroom-stub', uid: 10_001, token: false, itself: 'open' },
      ...{ api: 'closed', node: 'closed', metadata: 'closed', internet: 'closed' },
    });
    expect(pod?.spec).toMatchObject({ terminationGracePeriodSeconds: 1, automountServiceAccountToken: false });
    expect(pod?.spec?.containers[0]?.lifecycle?.preStop).toBeUndefined();
    expect(pod?.spec?.containers[0]?.resources?.limits).toMatchObject({ 'ephemeral-storage': '1Gi' });
  });

  test.each<[string, object, object, string]>([
    ['as root', { securityContext: { runAsUser: 0, runAsNonRoot: false } }, {}, 'violates PodSecurity'],
    ['privileged', { securityContext: { privileged: true } }, {}, 'violates PodSecurity'],
    ["in the node's network", {}, { hostNetwork: true }, 'violates PodSecurity'],
    ["with the node's files", {}, { volumes: [{ name: 'n', hostPath: { path: '/' } }] }, 'violates PodSecurity'],
    ['with more CPU than there is', { resources: resources('3', '64Mi') }, {}, 'maximum cpu usage'],
    ['with more memory than there is', { resources: resources('10m', '3Gi') }, {}, 'exceeded quota'],
    ['with more disk than a container gets', { resources: disk('2Gi') }, {}, 'maximum ephemeral-storage usage'],
  ])('has no room for a pod %s', async (_, container, pod, refusal) => {
    await expect(makePod(container, pod)).rejects.toThrow(refusal);
  });

  test('has no room for a third volume, nor for a large one', async () => {
    await makeClaim('one', '64Mi');
    await expect(makeClaim('large', '2Gi')).rejects.toMatchObject({ code: 403 });
    await makeClaim('two', '64Mi');
    await expect(makeClaim('three', '64Mi')).rejects.toMatchObject({ code: 403 });
  });

  test('goes, deaf to SIGTERM as it is, and nothing of it is left', async () => {
    const receipt = await clear(fixture, spec);

    expect(receipt).toMatchObject({ status: 'gone', blockedBy: [] });
    expect(receipt.durationMs).toBeLessThan(30_000);
    expect(receipt.gone).toEqual(receipt.created);
  });
});

function resources(cpu: string, memory: string): object {
  return { limits: { cpu, memory } };
}

function disk(amount: string): object {
  return { limits: { 'ephemeral-storage': amount, memory: '64Mi' } };
}

const lockedDown = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  runAsUser: 10_001,
  seccompProfile: { type: 'RuntimeDefault' },
};

async function makePod(container: object, pod: object): Promise<void> {
  const containers = [{ name: 'a', image: fixture.image, securityContext: lockedDown, ...container }];
  await fixture.kubernetes.core.createNamespacedPod({
    namespace: spec.name,
    body: { metadata: { generateName: 'more-' }, spec: { containers, restartPolicy: 'Never', ...pod } },
  });
}

async function makeClaim(name: string, storage: string): Promise<void> {
  await fixture.kubernetes.core.createNamespacedPersistentVolumeClaim({
    namespace: spec.name,
    body: {
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, storageClassName: 'none' },
    },
  });
}

/** As `greenroom.yaml` of the base branch and a manifest of the change have it. */
function compiled(): EnvironmentSpec {
  const { name, owner } = aClusterSpec([]);
  const { image } = fixture;
  const registry = image.split('/')[0] ?? '';
  const application = { entry: { service: 'web', port: 8080 }, services: [{ name: 'web', image: 'web', port: 8080 }] };
  const result = compileEnvironment({
    config: RepositoryConfig.parse({ version: 1, application, limits: { cpu: '2', memory: '2Gi' } }),
    rendered: deaf().map((object) => sourced(object)),
    images: [{ name: 'web', reference: image, digest: image.split('@')[1] ?? '' }],
    defaultRegistry: registry,
    suites: [],
    name,
    owner,
    trusted: false,
    secrets: { 'stripe-test': stubsOf({ STRIPE_KEY: btoa('sk_test_real') }) },
    ceilings: { maxCpu: '8', maxMemory: '8Gi', allowedKinds: [], allowedEgress: [], allowedRegistries: [registry] },
    pullSecret: null,
    preview: null,
    podTemplate: null,
  });
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.spec;
}

/** Two minutes of grace that it asks for, a hook that would use them, and deaf ears. */
function deaf(): KubernetesObject[] {
  const hook = { preStop: { exec: { command: ['/usr/bin/node', '-e', 'setTimeout(() => {}, 100_000)'] } } };
  const more = {
    lifecycle: hook,
    envFrom: [{ secretRef: { name: 'stripe-test' } }],
    env: [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }],
  };
  const objects = aProgram('web', 'web', 8080, look, {}, more);
  const { template } = (objects[0] as KubernetesObject).spec as { template: { spec: Record<string, unknown> } };
  delete template.spec.serviceAccountName;
  template.spec.terminationGracePeriodSeconds = 120;
  return objects;
}
