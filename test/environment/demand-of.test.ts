import { expect, test } from 'vitest';
import type { KubernetesObject, SuitePodSpec } from '../../infra/environment-spec.ts';
import { demandOf } from '../../src/environment/demand-of.ts';

const mebibyte = 1024 ** 2;
const quota = { cpu: '4', memory: '4Gi', pods: 60 };
const asks = (cpu?: string, memory?: string) =>
  cpu && memory ? { name: 'c', resources: { requests: { cpu, memory } } } : { name: 'c' };
const workload = (name: string, template: object, spec: object = {}, kind = 'Deployment'): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name },
  spec: { ...spec, template: { spec: template } },
});
const web = workload('web', { containers: [asks('250m', '256Mi')] }, { replicas: 2 });
const demand = (objects: KubernetesObject[], before: KubernetesObject[] = [], suites: SuitePodSpec[] = []) =>
  demandOf({ objects, before, suites, quota });
const of = (millicores: number, mebibytes: number, pods: number) => ({ millicores, bytes: mebibytes * mebibyte, pods });

test.each<[string, KubernetesObject[], object]>([
  ['replicas count', [web], of(500, 512, 2)],
  ['what asks for nothing counts as the LimitRange has it', [workload('a', { containers: [asks()] })], of(50, 64, 1)],
  [
    'a limit alone is the request as well',
    [workload('a', { containers: [{ name: 'c', resources: { limits: { cpu: '1', memory: '100Mi' } } }] })],
    of(1000, 100, 1),
  ],
  [
    'init containers count where they are larger',
    [workload('a', { containers: [asks('100m', '10Mi')], initContainers: [asks('300m', '5Mi'), asks('200m', '6Mi')] })],
    of(300, 10, 1),
  ],
  [
    'an autoscaler counts with its most',
    [
      web,
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web' },
        spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 4 },
      },
    ],
    of(1000, 1024, 4),
  ],
  ['more than the quota can never be there', [workload('a', { containers: [asks('9', '1Mi')] })], of(4000, 1, 1)],
  [
    'what is no workload asks for nothing',
    [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } }],
    of(0, 0, 0),
  ],
])('%s', (_, objects, wanted) => {
  expect(demand(objects)).toEqual(wanted);
});

test('of the jobs before, the largest counts', () => {
  const jobs = ['100m', '700m', '200m'].map((cpu, index) =>
    workload(`job-${index}`, { containers: [asks(cpu, '64Mi')] }, {}, 'Job'),
  );

  expect(demand([web], jobs)).toEqual(of(1200, 576, 3));
});

test('suites count with their shards and the sidecar', () => {
  const suite: SuitePodSpec = {
    name: 'shopping',
    kind: 'e2e',
    image: 'i',
    shards: 2,
    env: {},
    resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { memory: '1Gi' } },
    deadlineSeconds: 60,
    egress: [],
  };

  expect(demand([], [], [suite])).toEqual(of(1020, 1120, 2));
});
