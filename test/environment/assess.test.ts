import { describe, expect, test } from 'vitest';
import { assess, type ReadinessMemory } from '../../src/environment/assess.ts';
import { findingOfRefusal } from '../../src/environment/workload-findings.ts';
import { aDeployment, aJob, aPod, aService, aSpec, aState, aWorkload, born, later } from './builders.ts';

const spec = aSpec({
  objects: [
    aDeployment('db'),
    aService('db', 5432),
    aDeployment('api', { env: [{ name: 'DB', value: 'db:5432' }] }),
    aService('api', 8080),
    aDeployment('web', { env: [{ name: 'API', value: 'http://api:8080' }] }),
    aService('web', 8080),
  ],
  before: [aJob('migrate', { env: [{ name: 'DB', value: 'postgres://db/shop' }] })],
});
const crashing = {
  restartCount: 2,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 1 } },
};

function noMemory(): ReadinessMemory {
  return { excusedPods: new Set(), excusedAt: new Map() };
}

function job(status: object, suspend = false) {
  return {
    metadata: { name: 'migrate', namespace: 'n', uid: 'job', creationTimestamp: born },
    spec: { suspend },
    status,
  };
}
const done = job({ conditions: [{ type: 'Complete', status: 'True' }] });

test('everything up, the migration done, endpoints there: nothing is pending', () => {
  const state = aState({
    deployments: [aWorkload('db', 1), aWorkload('api', 1), aWorkload('web', 1)],
    jobs: [done],
    servicesWithEndpoints: new Set(['db', 'api', 'web']),
  });

  expect(assess(spec, state, noMemory(), later(5))).toMatchObject({
    pending: [],
    findings: [],
    before: { kind: 'done' },
  });
});

test('a Service without a ready endpoint is pending even when its Deployment is up', () => {
  const state = aState({
    deployments: ['db', 'api', 'web'].map((name) => aWorkload(name, 1)),
    jobs: [done],
    servicesWithEndpoints: new Set(['db', 'api']),
  });

  expect(assess(spec, state, noMemory(), later(5)).pending).toEqual([
    { object: 'Service/web', why: 'no ready endpoint' },
  ]);
});

describe('a before Job', () => {
  test('stays suspended until what it names has endpoints', () => {
    const state = aState({ jobs: [job({}, true)] });

    expect(assess(spec, state, noMemory(), later(5)).before).toMatchObject({
      kind: 'waiting',
      release: false,
      needs: ['db'],
    });
  });

  test('is released when the database answers', () => {
    const state = aState({ jobs: [job({}, true)], servicesWithEndpoints: new Set(['db']) });

    expect(assess(spec, state, noMemory(), later(5)).before).toMatchObject({ kind: 'waiting', release: true });
  });

  test('is released after 30 s whatever it names', () => {
    const state = aState({ jobs: [job({}, true)] });

    expect(assess(spec, state, noMemory(), later(31)).before).toMatchObject({ release: true });
  });

  test('that failed is a finding of its own, with the exit code of its pod', () => {
    const pod = aPod('migrate', { state: { terminated: { exitCode: 4 } } });
    const owned = {
      ...pod,
      metadata: { ...pod.metadata, labels: {}, ownerReferences: [{ kind: 'Job', name: 'migrate' }] },
    };
    const state = aState({
      jobs: [job({ conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] })],
      pods: [owned],
    });

    expect(assess(spec, state, noMemory(), later(9)).findings).toMatchObject([
      { code: 'BEFORE_FAILED', class: 'product', object: 'Job/migrate', message: 'Job/migrate exited with code 4' },
    ]);
  });
});

describe('a crash loop', () => {
  test('is excused while the migration has not run, and its pod starts afresh after it', () => {
    const memory = noMemory();
    const deployments = [aWorkload('db', 1), aWorkload('api', 0), aWorkload('web', 1)];
    const pods = [aPod('api', crashing)];
    const during = assess(spec, aState({ deployments, pods, jobs: [job({ active: 1 })] }), memory, later(15));

    const after = assess(spec, aState({ deployments, pods, jobs: [done] }), memory, later(16));

    expect(during.findings).toEqual([]);
    expect(after).toMatchObject({ findings: [], restart: [{ name: 'api-abc-1', uid: 'uid-api' }] });
  });

  test('of what the migration itself needs is not excused', () => {
    const state = aState({ deployments: [aWorkload('db', 0)], pods: [aPod('db', crashing)], jobs: [job({}, true)] });

    expect(assess(spec, state, noMemory(), later(15)).findings).toMatchObject([
      { object: 'Deployment/db', code: 'CRASH_LOOP' },
    ]);
  });

  test('is excused while a Service that it names is still coming up', () => {
    const state = aState({
      deployments: [aWorkload('db', 0), aWorkload('api', 0)],
      pods: [aPod('api', crashing)],
      jobs: [done],
    });

    expect(assess(spec, state, noMemory(), later(15)).findings).toEqual([]);
  });

  test('of the cause is named before that of the consequence', () => {
    const deployments = [aWorkload('web', 0), aWorkload('api', 0), aWorkload('db', 1)];
    const state = aState({ deployments, pods: [aPod('web', crashing), aPod('api', crashing)], jobs: [done] });

    const objects = assess(spec, state, noMemory(), later(15)).findings.map((finding) => finding.object);

    expect(objects).toEqual(['Deployment/api', 'Deployment/web']);
  });

  test('being killed for memory is never excused', () => {
    const oom = { state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } };
    const state = aState({ deployments: [aWorkload('api', 0)], pods: [aPod('api', oom)], jobs: [job({}, true)] });

    expect(assess(spec, state, noMemory(), later(3)).findings).toMatchObject([{ code: 'OOM_KILLED' }]);
  });
});

test('a rollout over its progress deadline is a failing probe, counted from its last excuse', () => {
  const slow = aSpec({
    objects: [{ ...aDeployment('web'), spec: { ...(aDeployment('web').spec as object), progressDeadlineSeconds: 20 } }],
  });
  const state = aState({
    deployments: [aWorkload('web', 0)],
    pods: [aPod('web', { state: { running: { startedAt: born } } })],
  });
  const excused = { excusedPods: new Set<string>(), excusedAt: new Map([['Deployment/web', later(15)]]) };

  expect(assess(slow, state, noMemory(), later(19)).findings).toEqual([]);
  expect(assess(slow, state, noMemory(), later(21)).findings).toMatchObject([
    { code: 'PROBE_FAILING', class: 'product' },
  ]);
  expect(assess(slow, state, excused, later(21)).findings).toEqual([]);
});

test.each([
  ['pods "web-1" is forbidden: exceeded quota: greenroom, requested: pods=1', 'QUOTA', 'environment'],
  ['pods "web-1" is forbidden: maximum cpu usage per Container is 1, but limit is 4', 'QUOTA', 'environment'],
  ['pods "web-1" is forbidden: violates PodSecurity "baseline:latest": privileged', 'ADMISSION', 'product'],
])('the refusal %j is %s', (message, code, faultClass) => {
  expect(findingOfRefusal('Deployment/web', message)).toMatchObject({ code, class: faultClass });
});

test.each([
  'pods "web-1" is forbidden: status unknown for quota: greenroom, resources: pods',
  'pods "web-1" is forbidden: error looking up service account n/greenroom: serviceaccount "greenroom" not found',
])('the refusal %j passes by itself', (message) => {
  expect(findingOfRefusal('Deployment/web', message)).toBeNull();
});
