import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { admit } from '../../src/environment/admit.ts';
import { parseManifest } from '../../src/environment/sources/manifests.ts';
import { aDeployment, aService, sourced } from '../environment/builders.ts';
import { manifestAttempts } from './attempts.ts';
import { tryAttempts } from './try-attempts.ts';

const rules = { extraKinds: [], putUp: ['stripe-test'], restricted: null };
const problemsOf = (...objects: KubernetesObject[]) => admit(objects.map(sourced), rules);

function refused(object: KubernetesObject, times = 1): void {
  expect(problemsOf(object).length).toBeGreaterThanOrEqual(times);
}

function named(metadata: object): KubernetesObject {
  const object = aDeployment('web');
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

function aThing(apiVersion: string, kind: string, rest: object = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name: 'thing' }, ...rest };
}

function serving(spec: object): KubernetesObject {
  const object = aService('web', 8080);
  return { ...object, spec: { ...(object.spec as object), ...spec } };
}

const pod = (spec: object, container: object = {}) => aDeployment('web', container, spec);
const volume = (source: object) => pod({ volumes: [{ name: 'v', ...source }] });
const secretRefs = ['greenroom-pull', 'of-somebody-else'].map((name) => ({ secretRef: { name } }));

describe('a change brings', () => {
  test.each<[string, KubernetesObject]>([
    ['a Deployment', named({ labels: { app: 'web' }, annotations: { note: 'ours' } })],
    ['a Service', serving({ type: 'ClusterIP', ports: [{ port: 1 }] })],
    ['a ConfigMap', aThing('v1', 'ConfigMap')],
    ['a Secret', aThing('v1', 'Secret', { type: 'Opaque' })],
    ['a claim', aThing('v1', 'PersistentVolumeClaim', { spec: { accessModes: ['ReadWriteOnce'] } })],
    ['a volume of its own', volume({ emptyDir: {} })],
    ['a projected ConfigMap', volume({ projected: { sources: [{ configMap: { name: 'thing' } }] } })],
    ['a Secret that the operator has put up', pod({}, { envFrom: [{ secretRef: { name: 'stripe-test' } }] })],
    ['a port', pod({}, { ports: [{ containerPort: 80 }], securityContext: { runAsUser: 1 } })],
    ['an init container', pod({ initContainers: [{ name: 'i', image: 'x' }] })],
  ])('what is like the attempts below and leads nowhere: %s', (_, object) => {
    expect(problemsOf(object)).toEqual([]);
  });

  tryAttempts(manifestAttempts, {
    finalizer: () => refused(named({ finalizers: ['example.test/never'] })),
    owner: () => refused(named({ ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'node', uid: 'u' }] })),
    namespace: () => refused(named({ namespace: 'kube-system' })),
    label: () => refused(named({ labels: { 'greenroom.dev/run': 'other', 'greenroom.dev/instance': 'other' } }), 2),
    pulumi: () =>
      refused(named({ annotations: { 'pulumi.com/skipAwait': 'true', 'pulumi.com/patchForce': 'true' } }), 2),
    'our-name': () => refused(aThing('v1', 'ConfigMap', { metadata: { name: 'greenroom' } })),
    policy: () => refused(aThing('networking.k8s.io/v1', 'NetworkPolicy', { spec: { podSelector: {}, egress: [{}] } })),
    binding: () => refused(aThing('rbac.authorization.k8s.io/v1', 'RoleBinding')),
    webhook: () => refused(aThing('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration')),
    endpoints: () => {
      refused(aThing('v1', 'Endpoints'));
      refused(aThing('discovery.k8s.io/v1', 'EndpointSlice'));
      refused(serving({ externalIPs: ['169.254.169.254'] }));
    },
    'external-name': () => refused(serving({ type: 'ExternalName', externalName: 'kubernetes.default.svc' }), 2),
    'node-port': () => {
      refused(serving({ type: 'NodePort' }));
      refused(serving({ ports: [{ port: 1, nodePort: 30_000 }] }));
      refused(serving({ type: 'LoadBalancer' }));
    },
    'token-secret': () => refused(aThing('v1', 'Secret', { type: 'kubernetes.io/service-account-token' })),
    account: () => {
      refused(pod({ serviceAccountName: 'default' }));
      refused(pod({ serviceAccount: 'default' }));
      refused(pod({ automountServiceAccountToken: true }));
    },
    projected: () => {
      refused(volume({ projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }));
      refused(volume({ projected: { sources: [{ clusterTrustBundle: { path: 'ca' } }] } }));
    },
    'others-secret': () => {
      refused(pod({}, { envFrom: secretRefs }), 2);
      refused(pod({}, { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'of-somebody-else', key: 'k' } } }] }));
      for (const name of ['greenroom-pull', 'of-somebody-else']) {
        refused(volume({ secret: { secretName: name } }));
        refused(volume({ projected: { sources: [{ secret: { name } }] } }));
      }
      refused(pod({ imagePullSecrets: [{ name: 'greenroom-pull' }] }));
    },
    volume: () => {
      refused(aThing('v1', 'PersistentVolumeClaim', { spec: { volumeName: 'pvc-of-somebody' } }));
      refused(
        aThing('v1', 'PersistentVolumeClaim', { spec: { dataSource: { kind: 'PersistentVolumeClaim', name: 'x' } } }),
      );
      refused(volume({ ephemeral: { volumeClaimTemplate: { spec: { volumeName: 'pvc-of-somebody' } } } }));
      refused(aThing('v1', 'PersistentVolume'));
    },
    host: () => {
      for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) refused(pod({ [field]: true }));
      refused(pod({ nodeName: 'node' }));
      refused(volume({ hostPath: { path: '/' } }));
      refused(volume({ csi: { driver: 'hostpath.csi.k8s.io' } }));
      refused(pod({}, { securityContext: { privileged: true } }));
      refused(pod({}, { ports: [{ containerPort: 80, hostPort: 80 }] }));
      refused(pod({ initContainers: [{ name: 'i', image: 'x', securityContext: { privileged: true } }] }));
    },
    aliases: () => {
      const rows = Array.from({ length: 30 }, (_, row) =>
        row === 0
          ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
          : `a${row}: &a${row} [${Array(9)
              .fill(`*a${row - 1}`)
              .join(', ')}]`,
      );
      const begun = performance.now();
      const { objects, problems } = parseManifest(
        'k8s/bomb.yaml',
        `apiVersion: v1\nkind: ConfigMap\n${rows.join('\n')}\n`,
      );

      expect([objects.length, problems.length > 0]).toEqual([0, true]);
      expect(
        parseManifest(
          'k8s/few.yaml',
          'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { a: &a x, b: *a }\n',
        ),
      ).toMatchObject({ problems: [] });
      expect(performance.now() - begun).toBeLessThan(10_000);
    },
  });
});
