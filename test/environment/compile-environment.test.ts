import { describe, expect, test } from 'vitest';
import type { SuitePodSpec } from '../../infra/environment-spec.ts';
import { RepositoryConfig } from '../../src/config/repository-config.ts';
import { compileEnvironment, type EnvironmentPlan } from '../../src/environment/compile-environment.ts';
import { objectsOfServices } from '../../src/environment/sources/services.ts';
import { aDeployment, aJob, aService, aSpec, sourced } from './builders.ts';

const config = RepositoryConfig.parse({
  version: 1,
  application: {
    entry: { service: 'web', port: 8080 },
    services: [
      {
        name: 'web',
        image: 'shop/web',
        port: 8080,
        replicas: 2,
        readiness: { path: '/healthz' },
        env: { API_URL: 'http://api' },
        secrets: ['stripe-test'],
        resources: { cpu: '250m', memory: '256Mi' },
      },
      { name: 'worker', image: 'shop/web' },
    ],
    before: [{ name: 'migrate', image: 'shop/web', command: ['npm', 'run', 'migrate'], timeout: '2m' }],
    egress: ['api.stripe.com:443'],
  },
});

const aSuite: SuitePodSpec = {
  ...{ name: 'smoke', kind: 'smoke', image: 'registry.test/runner@sha256:1', shards: 1, env: {} },
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
  ...{ deadlineSeconds: 600, egress: [] },
};

function aPlan(changes: Partial<EnvironmentPlan> = {}): EnvironmentPlan {
  const { name, owner } = aSpec();
  return {
    config,
    rendered: objectsOfServices(config.application.services ?? []),
    images: [{ name: 'shop/web', reference: 'registry.test/shop/web@sha256:abc', digest: 'sha256:abc' }],
    defaultRegistry: 'registry.test',
    suites: [],
    name,
    owner,
    trusted: true,
    secrets: { 'stripe-test': { KEY: btoa('sk_test') }, unused: { KEY: btoa('x') } },
    ceilings: {
      maxCpu: '2',
      maxMemory: '8Gi',
      allowedKinds: [],
      allowedEgress: ['*.stripe.com:443'],
      allowedRegistries: [],
    },
    pullSecret: null,
    preview: null,
    podTemplate: null,
    ...changes,
  };
}

function specFrom(plan: EnvironmentPlan) {
  const compiled = compileEnvironment(plan);
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems));
  return compiled.spec;
}

function problemsFrom(plan: EnvironmentPlan): string[] {
  const compiled = compileEnvironment(plan);
  return 'problems' in compiled ? compiled.problems.map(({ message }) => message) : [];
}

describe('services of greenroom.yaml', () => {
  test('become Deployments and Services, by digest, with probes, resources and the secrets that they name', () => {
    const { objects } = specFrom(aPlan());

    expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      'Secret/stripe-test',
      'Deployment/web',
      'Service/web',
      'Deployment/worker',
    ]);
    expect(objects[0]).toMatchObject({ data: { KEY: btoa('sk_test') } });
    expect(objects[1]?.spec).toMatchObject({
      replicas: 2,
      template: {
        metadata: { labels: { 'greenroom.dev/run': 'r1' } },
        spec: {
          serviceAccountName: 'greenroom',
          containers: [
            {
              image: 'registry.test/shop/web@sha256:abc',
              readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 },
              env: [{ name: 'API_URL', value: 'http://api' }],
              envFrom: [{ secretRef: { name: 'stripe-test' } }],
              resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '256Mi' } },
            },
          ],
        },
      },
    });
  });

  test('a web service is reached on its own port and on 80', () => {
    expect(specFrom(aPlan()).objects[2]?.spec).toMatchObject({
      ports: [{ port: 8080 }, { port: 80, targetPort: 8080 }],
    });
  });

  test('a before Job runs its command once, with one more try, within its time', () => {
    expect(specFrom(aPlan()).before).toMatchObject([
      {
        kind: 'Job',
        spec: {
          backoffLimit: 1,
          activeDeadlineSeconds: 120,
          template: { spec: { restartPolicy: 'Never', containers: [{ command: ['npm', 'run', 'migrate'] }] } },
        },
      },
    ]);
  });
});

test("limits are the repository's, capped by the operator's", () => {
  expect(specFrom(aPlan()).quota).toMatchObject({ cpu: '2', memory: '4Gi' });
});

test('the host of an environment is its name under the preview domain', () => {
  const preview = { domain: 'preview.test', scheme: 'https' as const, ingressClass: 'nginx' };

  expect(specFrom(aPlan({ preview })).preview).toEqual({
    host: 'gr-shop-7-r1.preview.test',
    scheme: 'https',
    ingressClass: 'nginx',
  });
});

test.each([
  [true, 'baseline'],
  [false, 'restricted'],
])('a change that is trusted: %s runs at Pod Security %s', (trusted, level) => {
  expect(specFrom(aPlan({ trusted })).podSecurity).toBe(level);
});

describe('a change from a fork', () => {
  const suites = [{ ...aSuite, egress: ['api.stripe.com:443'] }];

  test('gets a small room, whatever it asks for', () => {
    expect(specFrom(aPlan({ trusted: false })).quota).toEqual({
      ...{ cpu: '2', memory: '4Gi' },
      ...{ pods: 20, claims: 2, storage: '2Gi', scratch: '1Gi' },
    });
  });

  test('gets out to no host of which the address is not known, neither its application nor its suites', () => {
    const spec = specFrom(aPlan({ trusted: false, suites, egressCidrs: { 'api.stripe.com': [] } }));

    expect([spec.egress, spec.suites.map(({ egress }) => egress)]).toEqual([[], [[]]]);
    expect(specFrom(aPlan({ suites })).suites[0]?.egress).toEqual(['api.stripe.com:443']);
  });

  test('gets out to known addresses alone', () => {
    const egressCidrs = { 'api.stripe.com': ['198.51.100.7/32'] };
    const spec = specFrom(aPlan({ trusted: false, suites, egressCidrs }));

    const rule = { host: 'api.stripe.com', port: 443, cidrs: ['198.51.100.7/32'] };
    expect([spec.egress, spec.suites.map(({ egress }) => egress)]).toEqual([[rule], [['api.stripe.com:443']]]);
  });

  test('brings no kind that the operator allows beyond the list', () => {
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' } };
    const ceilings = { ...aPlan().ceilings, allowedKinds: ['Widget'] };
    const rendered = [...aPlan().rendered, sourced(widget)];

    expect(problemsFrom(aPlan({ ceilings, rendered }))).toEqual([]);
    expect(problemsFrom(aPlan({ ceilings, rendered, trusted: false }))).toEqual([
      expect.stringContaining('kind Widget'),
    ]);
  });
});

test('Jobs among the manifests run like before Jobs, ahead of these; a suspended one is left alone', () => {
  const image = { image: 'shop/web' };
  const job = aJob('load-data', image);
  const asleep = { ...aJob('by-hand', image), spec: { ...(aJob('by-hand', image).spec as object), suspend: true } };
  const rendered = [aDeployment('web', image), aService('web', 8080), job, asleep].map(sourced);

  const { before, objects } = specFrom(aPlan({ rendered }));

  expect(before.map(({ metadata }) => metadata.name)).toEqual(['load-data', 'migrate']);
  expect(objects.map(({ metadata }) => metadata.name)).toContain('by-hand');
});

describe('what cannot be compiled', () => {
  test('an entry that does not exist', () => {
    const application = { ...config.application, entry: { service: 'wep', port: 8080 } };

    expect(problemsFrom(aPlan({ config: { ...config, application } }))).toEqual([
      'application.entry names the service "wep", which does not exist',
    ]);
  });

  test('an entry without that port', () => {
    const application = { ...config.application, entry: { service: 'web', port: 9090 } };

    expect(problemsFrom(aPlan({ config: { ...config, application } }))).toEqual([
      'application.entry names port 9090 of "web", which has no such port',
    ]);
  });

  test('egress that the operator does not allow', () => {
    const ceilings = {
      ...aPlan().ceilings,
      allowedEgress: ['*.stripe.com:80', 'stripe.com:443'],
      allowedRegistries: [],
    };

    expect(problemsFrom(aPlan({ ceilings }))).toEqual([
      'application.egress "api.stripe.com:443" is not among what the operator allows',
    ]);
  });

  test('a Secret that nobody put up', () => {
    expect(problemsFrom(aPlan({ secrets: {} }))).toEqual([expect.stringContaining('Secret "stripe-test"')]);
  });
});
