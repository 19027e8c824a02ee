import { runtime } from '@pulumi/pulumi';
import { beforeAll, describe, expect, test } from 'vitest';
import { environmentProgram } from '../../infra/environment-program.ts';
import { environmentOutputs } from '../../infra/environment-rooms.ts';
import type { SuitePodSpec } from '../../infra/environment-spec.ts';
import { suitesIsolation } from '../../infra/isolation.ts';
import { applicationLimits } from '../../infra/limits.ts';
import { aDeployment, aJob, aService, aSpec } from '../environment/builders.ts';

const smoke: SuitePodSpec = {
  name: 'smoke',
  kind: 'smoke',
  image: 'registry.test/runner@sha256:1',
  shards: 2,
  env: { SUITE_NAME: 'smoke' },
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
  deadlineSeconds: 600,
  egress: ['fonts.test:443'],
};

const spec = aSpec({
  podSecurity: 'restricted',
  objects: [
    aDeployment('web'),
    aService('web', 8080),
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { key: 'value' } },
  ],
  before: [aJob('migrate')],
  suites: [smoke],
  egress: [{ host: 'api.test', port: 443, cidrs: [] }],
  pullSecret: { dockerConfigJson: 'e30=' },
  podTemplate: { nodeSelector: { pool: 'previews' } },
});

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, never> & {
    metadata?: { namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  };
}
const registered: Registered[] = [];

/** Pulumi's own test mode: the program runs, the engine only writes down what it is asked for. */
beforeAll(async () => {
  await runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      registered.push({ type, name, inputs });
      return { id: name, state: inputs };
    },
    call: ({ inputs }) => inputs,
  });
  environmentProgram(spec, { kubeconfigPath: '/kubeconfig', context: 'c' });
  await runtime.disconnect();
});

function inputsOf(name: string): Record<string, unknown> {
  const found = registered.find((resource) => resource.name === name);
  if (!found) throw new Error(`no resource ${name} among ${registered.map((resource) => resource.name).join(', ')}`);
  return found.inputs;
}

describe('the two namespaces', () => {
  test.each([
    ['application/Namespace/gr-shop-7-r1', 'application', 'restricted'],
    ['suites/Namespace/gr-shop-7-r1-suites', 'suites', 'restricted'],
  ])('%s is ours from its first instant', (name, role, level) => {
    expect(inputsOf(name)).toMatchObject({
      metadata: {
        labels: {
          'greenroom.dev/instance': 'test',
          'greenroom.dev/run': 'r1',
          'greenroom.dev/change': 'c7',
          'greenroom.dev/expires-at': '1800000000',
          'greenroom.dev/role': role,
          'pod-security.kubernetes.io/enforce': level,
        },
        annotations: { 'greenroom.dev/repository': 'acme/shop', 'greenroom.dev/change-number': '7' },
      },
    });
  });

  test('every object stands in one of them and is not awaited by Pulumi', () => {
    const inside = registered.filter(({ type }) => type.startsWith('kubernetes:') && !type.endsWith(':Namespace'));

    expect(inside.length).toBeGreaterThan(15);
    for (const { name, inputs } of inside) {
      expect(inputs.metadata?.namespace, name).toBe(
        name.startsWith('suites/') ? 'gr-shop-7-r1-suites' : 'gr-shop-7-r1',
      );
      expect(inputs.metadata?.annotations, name).toMatchObject({ 'pulumi.com/skipAwait': 'true' });
    }
  });
});

test('the application has a ceiling and the suites have their own, none with a way in from outside', () => {
  expect(inputsOf('application/ResourceQuota/greenroom')).toMatchObject({
    spec: {
      hard: {
        'requests.cpu': '4',
        'limits.memory': '4Gi',
        pods: '30',
        'services.loadbalancers': '0',
        'services.nodeports': '0',
      },
    },
  });
  expect(inputsOf('suites/ResourceQuota/greenroom')).toMatchObject({
    spec: { hard: { 'requests.cpu': '220m', 'requests.memory': '352Mi', 'limits.memory': '1024Mi', pods: '2' } },
  });
  expect(inputsOf('application/LimitRange/greenroom')).toMatchObject({
    spec: { limits: [{ type: 'Container', default: { cpu: '4', memory: '512Mi' } }] },
  });
});

test.each<[string, object, string, string]>([
  ["a stranger's", { scratch: '1Gi' }, '1Gi', '1Gi'],
  ["a colleague's", {}, '2Gi', '10Gi'],
])(
  "%s containers are bounded in what they write to the node's disk, and nothing of it is reserved",
  (_, own, unasked, most) => {
    const [, range] = applicationLimits({ ...spec, quota: { cpu: '2', memory: '2Gi', pods: 20, ...own } });

    const limits = { default: { 'ephemeral-storage': unasked }, max: { 'ephemeral-storage': most } };
    expect(range).toMatchObject({ spec: { limits: [{ ...limits, defaultRequest: { 'ephemeral-storage': '0' } }] } });
  },
);

test("a stranger's room is bounded in volumes as well", () => {
  const quota = { cpu: '2', memory: '2Gi', pods: 20, claims: 2, storage: '2Gi', scratch: '1Gi' };

  const [ceiling] = applicationLimits({ ...spec, quota });

  expect(ceiling).toMatchObject({
    spec: { hard: { pods: '20', persistentvolumeclaims: '2', 'requests.storage': '2Gi' } },
  });
});

describe('isolation', () => {
  test.each(['application', 'suites'])('%s denies everything that is not allowed', (role) => {
    expect(inputsOf(`${role}/NetworkPolicy/greenroom-deny-all`)).toMatchObject({
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  });

  test('the application is reached by itself and by the suites, and nothing else', () => {
    const ingress = registered
      .filter(({ type, name }) => type.endsWith(':NetworkPolicy') && name.startsWith('application/'))
      .flatMap(({ inputs }) => (inputs as { spec?: { ingress?: object[] } }).spec?.ingress ?? []);

    expect(ingress).toHaveLength(2);
    expect(ingress).toEqual(
      expect.arrayContaining([
        { from: [{ podSelector: {} }] },
        { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gr-shop-7-r1-suites' } } }] },
      ]),
    );
  });

  test('nothing reaches the suites', () => {
    const ingress = registered
      .filter(({ type, name }) => type.endsWith(':NetworkPolicy') && name.startsWith('suites/'))
      .filter(({ inputs }) => (inputs as { spec?: { ingress?: object[] } }).spec?.ingress !== undefined);

    expect(ingress).toEqual([]);
  });

  test('declared egress is open on its port, but never to private networks', () => {
    expect(inputsOf('application/NetworkPolicy/greenroom-egress')).toMatchObject({
      spec: {
        egress: [
          {
            to: [{ ipBlock: { cidr: '0.0.0.0/0', except: expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16']) } }],
            ports: [{ port: 443 }],
          },
        ],
      },
    });
    expect(inputsOf('suites/NetworkPolicy/greenroom-egress-smoke')).toMatchObject({
      spec: { podSelector: { matchLabels: { 'greenroom.dev/suite': 'smoke' } }, egress: [{ ports: [{ port: 443 }] }] },
    });
  });

  test("a suite's egress goes to the addresses that the environment has for the host", () => {
    const egress = [{ host: 'fonts.test', port: 443, cidrs: ['198.51.100.7/32'] }];

    const own = suitesIsolation({ ...spec, egress }).find(({ metadata }) => metadata.name === 'greenroom-egress-smoke');

    expect(own?.spec).toMatchObject({ egress: [{ to: [{ ipBlock: { cidr: '198.51.100.7/32' } }] }] });
  });

  test('the way to the proxy is open for the suite that fetches packages, and for no other', () => {
    const fetching = {
      ...smoke,
      name: 'shopping',
      egress: [],
      packagesFrom: { host: 'proxy.test', port: 3128, cidrs: ['10.1.2.3/32'] },
    };

    const policies = suitesIsolation({ ...spec, suites: [{ ...smoke, egress: [] }, fetching] });

    const own = policies.filter(({ metadata }) => metadata.name.startsWith('greenroom-egress-'));
    expect(own.map(({ spec: rules }) => rules)).toEqual([
      {
        podSelector: { matchLabels: { 'greenroom.dev/suite': 'shopping' } },
        policyTypes: ['Egress'],
        egress: [{ to: [{ ipBlock: { cidr: '10.1.2.3/32' } }], ports: [{ protocol: 'TCP', port: 3128 }] }],
      },
    ]);
  });

  test('the account in use has no token and carries the pull secret', () => {
    for (const role of ['application', 'suites']) {
      expect(inputsOf(`${role}/ServiceAccount/greenroom`)).toMatchObject({
        automountServiceAccountToken: false,
        imagePullSecrets: [{ name: 'greenroom-pull' }],
      });
    }
  });
});

test('a suite is an Indexed Job of locked-down pods without a token', () => {
  expect(inputsOf('suites/Job/smoke')).toMatchObject({
    spec: {
      completionMode: 'Indexed',
      completions: 2,
      parallelism: 2,
      backoffLimit: 0,
      template: {
        metadata: { labels: { 'greenroom.dev/run': 'r1', 'greenroom.dev/suite': 'smoke' } },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          nodeSelector: { pool: 'previews' },
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          initContainers: [
            { name: 'files', restartPolicy: 'Always', securityContext: { readOnlyRootFilesystem: true } },
          ],
          containers: [
            { name: 'suite', securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } } },
          ],
        },
      },
    },
  });
});

test('a before Job is created suspended: readiness starts it', () => {
  expect(inputsOf('application/Job/migrate')).toMatchObject({ spec: { suspend: true } });
});

test('the outputs are known before anything exists', () => {
  expect(environmentOutputs(spec)).toEqual({
    namespace: 'gr-shop-7-r1',
    suitesNamespace: 'gr-shop-7-r1-suites',
    url: 'http://web.gr-shop-7-r1.svc.cluster.local:8080',
    previewUrl: null,
  });
});
