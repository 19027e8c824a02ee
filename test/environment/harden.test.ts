import { expect, test } from 'vitest';
import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { harden } from '../../src/environment/harden.ts';
import { aDeployment, aJob } from './builders.ts';

const labels = { 'greenroom.dev/run': 'r1' };

function podOf(object: KubernetesObject): Record<string, unknown> {
  return (object.spec as { template: { spec: Record<string, unknown> } }).template.spec;
}

test('an object and its pods carry our labels beside their own', () => {
  const hardened = harden(aDeployment('web'), { labels, restricted: false, podTemplate: null });

  expect(hardened.metadata.labels).toEqual(labels);
  expect(hardened.spec).toMatchObject({ template: { metadata: { labels: { app: 'web', ...labels } } } });
});

test('pods run as the account without rights, without token and service links', () => {
  const pod = podOf(harden(aDeployment('web'), { labels, restricted: false, podTemplate: null }));

  expect(pod).toMatchObject({
    serviceAccountName: 'greenroom',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
  });
  expect(pod.securityContext).toEqual({ seccompProfile: { type: 'RuntimeDefault' } });
});

test('pods of an untrusted change get the defaults of Pod Security "restricted"', () => {
  const pod = podOf(harden(aDeployment('web'), { labels, restricted: true, podTemplate: null }));

  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true });
  expect(pod.containers).toMatchObject([
    { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
  ]);
});

test('pods of an untrusted change go at once, and run no hook of theirs on the way', () => {
  const lifecycle = { preStop: { exec: { command: ['sleep', '900'] } }, postStart: { exec: { command: ['true'] } } };
  const deaf = aDeployment('web', { lifecycle }, { terminationGracePeriodSeconds: 900 });

  const [restricted, trusted] = [true, false].map((restricted) =>
    podOf(harden(deaf, { labels, restricted, podTemplate: null })),
  );

  expect(restricted).toMatchObject({ terminationGracePeriodSeconds: 1 });
  expect(restricted?.containers).toMatchObject([{ lifecycle: { postStart: lifecycle.postStart } }]);
  expect(JSON.stringify(restricted)).not.toContain('preStop');
  expect(trusted).toMatchObject({ terminationGracePeriodSeconds: 900, containers: [{ lifecycle }] });
});

test('a capability that "restricted" allows is added to none', () => {
  const container = { securityContext: { capabilities: { add: ['NET_BIND_SERVICE'] } } };

  const pod = podOf(harden(aDeployment('web', container), { labels, restricted: true, podTemplate: null }));

  expect(pod.containers).toMatchObject([
    { securityContext: { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } } },
  ]);
});

test("the operator's node selector and tolerations win", () => {
  const podTemplate = { nodeSelector: { pool: 'previews' }, tolerations: [{ key: 'previews' }] };

  const pod = podOf(
    harden(aDeployment('web', {}, { nodeSelector: { pool: 'production' } }), {
      labels,
      restricted: false,
      podTemplate,
    }),
  );

  expect(pod).toMatchObject(podTemplate);
});

test('a finished Job is not removed before its environment', () => {
  const job = aJob('migrate');

  const hardened = harden(
    { ...job, spec: { ...(job.spec as object), ttlSecondsAfterFinished: 1 } },
    { labels, restricted: false, podTemplate: null },
  );

  expect(hardened.spec).not.toHaveProperty('ttlSecondsAfterFinished');
});

test('a claim of a StatefulSet carries our labels', () => {
  const set = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: { volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
  };

  expect(harden(set, { labels, restricted: false, podTemplate: null }).spec).toMatchObject({
    volumeClaimTemplates: [{ metadata: { name: 'data', labels } }],
  });
});
