import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { admit } from '../../src/environment/admit.ts';
import { aDeployment, aJob, aService, sourced } from './builders.ts';

const rules = { extraKinds: [], putUp: ['stripe-test'], restricted: null };

function messagesFor(...objects: KubernetesObject[]): string[] {
  return admit(objects.map(sourced), rules).map((problem) => problem.message);
}

function anObject(apiVersion: string, kind: string, rest: object = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name: 'thing' }, ...rest };
}

function withMetadata(metadata: object): KubernetesObject {
  const object = aDeployment('web');
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

describe('what a change may bring', () => {
  test('an application of Deployments, Services, Jobs, Secrets and claims is admitted', () => {
    const problems = messagesFor(
      aDeployment('web', {
        env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'own', key: 'k' } } }],
        envFrom: [{ secretRef: { name: 'stripe-test' } }],
      }),
      aService('web', 8080),
      aJob('migrate'),
      anObject('v1', 'Secret', { metadata: { name: 'own' }, stringData: { k: 'v' } }),
      anObject('v1', 'PersistentVolumeClaim', { spec: { accessModes: ['ReadWriteOnce'] } }),
      anObject('autoscaling/v2', 'HorizontalPodAutoscaler'),
      anObject('policy/v1', 'PodDisruptionBudget'),
    );

    expect(problems).toEqual([]);
  });

  test.each([
    ['v1', 'Namespace'],
    ['v1', 'Pod'],
    ['v1', 'ServiceAccount'],
    ['v1', 'PersistentVolume'],
    ['v1', 'ResourceQuota'],
    ['networking.k8s.io/v1', 'NetworkPolicy'],
    ['networking.k8s.io/v1', 'Ingress'],
    ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
    ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
    ['apps/v1', 'DaemonSet'],
    ['apps/v1beta1', 'Deployment'],
    ['example.com/v1', 'Deployment'],
  ])('%s %s is refused', (apiVersion, kind) => {
    expect(messagesFor(anObject(apiVersion, kind))).toEqual([
      `${kind} "thing": the kind ${kind} (${apiVersion}) is not among those that a change may bring`,
    ]);
  });

  test('a kind that the operator names is admitted, by name or with its group', () => {
    const object = sourced(anObject('example.com/v1', 'Widget'));

    expect(admit([object], { ...rules, extraKinds: ['Widget'] })).toEqual([]);
    expect(admit([object], { ...rules, extraKinds: ['Widget.example.com'] })).toEqual([]);
    expect(admit([object], { ...rules, extraKinds: ['Widget.other.com'] })).toHaveLength(1);
  });
});

describe('what is refused in an object', () => {
  test.each([
    ['a namespace', withMetadata({ namespace: 'production' }), 'names the namespace "production"'],
    ['our label', withMetadata({ labels: { 'greenroom.dev/run': 'x' } }), 'prefix "greenroom.dev/"'],
    ['our annotation', withMetadata({ annotations: { 'greenroom.dev/sha': 'x' } }), 'prefix "greenroom.dev/"'],
    ["Pulumi's annotation", withMetadata({ annotations: { 'pulumi.com/waitFor': 'x' } }), 'prefix "pulumi.com/"'],
    ['finalizers', withMetadata({ finalizers: ['example.com/never'] }), 'finalizers'],
    ['our name', withMetadata({ name: 'greenroom-pull' }), 'names that start with "greenroom"'],
    ['no DNS name', withMetadata({ name: '../up' }), 'is no DNS name'],
    ['a load balancer', anObject('v1', 'Service', { spec: { type: 'LoadBalancer' } }), 'type LoadBalancer'],
    ['a node port', anObject('v1', 'Service', { spec: { ports: [{ port: 80, nodePort: 30080 }] } }), '"nodePort"'],
    [
      'an external name',
      anObject('v1', 'Service', { spec: { type: 'ExternalName', externalName: 'x.y' } }),
      '"externalName"',
    ],
    ['external IPs', anObject('v1', 'Service', { spec: { externalIPs: ['192.0.2.1'] } }), '"externalIPs"'],
    [
      'a token Secret',
      anObject('v1', 'Secret', { type: 'kubernetes.io/service-account-token' }),
      'token of the cluster',
    ],
    ['a foreign volume', anObject('v1', 'PersistentVolumeClaim', { spec: { volumeName: 'pv-7' } }), '"volumeName"'],
  ])('%s', (_title, object, message) => {
    expect(messagesFor(object)).toContainEqual(expect.stringContaining(message));
  });
});

describe('what is refused in a pod', () => {
  test.each([
    ['a service account', {}, { serviceAccountName: 'admin' }, '"serviceAccountName"'],
    ['a token', {}, { automountServiceAccountToken: true }, 'no token'],
    ["the node's network", {}, { hostNetwork: true }, '"hostNetwork"'],
    ["the node's processes", {}, { hostPID: true }, '"hostPID"'],
    ['a node', {}, { nodeName: 'node-1' }, '"nodeName"'],
    ['a priority', {}, { priorityClassName: 'system-node-critical' }, '"priorityClassName"'],
    ['a host path', {}, { volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'type "hostPath"'],
    ['a network file system', {}, { volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }] }, 'type "nfs"'],
    [
      'a token volume',
      {},
      { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
      'no token',
    ],
    [
      'an undeclared Secret as volume',
      {},
      { volumes: [{ name: 'v', secret: { secretName: 'prod' } }] },
      'Secret "prod"',
    ],
    [
      'a projected undeclared Secret',
      {},
      { volumes: [{ name: 'v', projected: { sources: [{ secret: { name: 'prod' } }] } }] },
      'Secret "prod"',
    ],
    [
      'an undeclared Secret as variable',
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'prod', key: 'k' } } }] },
      {},
      'Secret "prod"',
    ],
    ['an undeclared Secret as variables', { envFrom: [{ secretRef: { name: 'prod' } }] }, {}, 'Secret "prod"'],
    [
      'our Secret, even optional',
      { envFrom: [{ secretRef: { name: 'greenroom-pull', optional: true } }] },
      {},
      'Secret "greenroom-pull"',
    ],
    [
      'our Secret as a variable, even optional',
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'greenroom-pull', key: 'k', optional: true } } }] },
      {},
      'Secret "greenroom-pull"',
    ],
    [
      'our Secret as volume, even optional',
      {},
      { volumes: [{ name: 'v', secret: { secretName: 'greenroom-pull', optional: true } }] },
      'Secret "greenroom-pull"',
    ],
    [
      'our Secret projected, even optional',
      {},
      { volumes: [{ name: 'v', projected: { sources: [{ secret: { name: 'greenroom-pull', optional: true } }] } }] },
      'Secret "greenroom-pull"',
    ],
    ['privileges', { securityContext: { privileged: true } }, {}, 'privileged'],
    ['a host port', { ports: [{ containerPort: 80, hostPort: 80 }] }, {}, '"hostPort"'],
    ['no image', { image: '' }, {}, 'names no image'],
  ])('%s', (_title, container, pod, message) => {
    expect(messagesFor(aDeployment('web', container, pod))).toEqual([expect.stringContaining(message)]);
  });

  test('the pods of a CronJob are looked at as well', () => {
    const template = { spec: { containers: [{ name: 'c', image: 'i' }], hostIPC: true } };
    const cron = anObject('batch/v1', 'CronJob', { spec: { jobTemplate: { spec: { template } } } });

    expect(messagesFor(cron)).toEqual([expect.stringContaining('"hostIPC"')]);
  });

  test('init containers are looked at as well', () => {
    const pod = { initContainers: [{ name: 'i', image: 'i', securityContext: { privileged: true } }] };

    expect(messagesFor(aDeployment('web', {}, pod))).toHaveLength(1);
  });
});

describe('a Secret that the change does not declare', () => {
  const web = (name: string) => sourced(aDeployment('web', { envFrom: [{ secretRef: { name } }] }));
  const problemsOf = (name: string, putUp: string[] | null) => admit([web(name)], { ...rules, putUp });

  test('is refused with its line and the names that there are', () => {
    expect(problemsOf('stripe', ['mail', 'stripe-test'])).toEqual([
      {
        file: 'k8s/app.yaml',
        line: expect.any(Number),
        message: expect.stringContaining('takes from the Secret "stripe", which neither the change declares'),
        suggestion: 'there are: mail, stripe-test',
      },
    ]);
    expect(problemsOf('stripe', [])).toMatchObject([{ suggestion: 'there are none' }]);
  });

  test('may be one of the operator as long as nobody has asked the cluster', () => {
    expect(problemsOf('stripe', null)).toEqual([]);
  });

  test.each([null, [], ['greenroom-pull']])('is never one of ours, whatever is put up (%j)', (putUp) => {
    expect(problemsOf('greenroom-pull', putUp)).toMatchObject([{ suggestion: expect.stringContaining('own') }]);
  });
});

test('all problems come at once, with file and line, and a thing declared twice is named', () => {
  const problems = admit(
    [sourced(withMetadata({ namespace: 'a' })), sourced(aDeployment('web', {}, { hostNetwork: true }))],
    rules,
  );

  expect(problems).toHaveLength(3);
  expect(problems.every((problem) => problem.file === 'k8s/app.yaml' && problem.line !== undefined)).toBe(true);
  expect(problems.map((problem) => problem.message)).toContain('Deployment "web": is declared twice');
});
