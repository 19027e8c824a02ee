import { describe, expect, test } from 'vitest';
import { findingOfPod } from '../../src/environment/pod-findings.ts';
import { aPod, born, later } from './builders.ts';

const crashed = { exitCode: 1, reason: 'Error' };

describe('a pod that will not get ready any more', () => {
  test.each([
    [
      'killed at its own memory limit',
      { lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } }, restartCount: 1 },
      5,
      'OOM_KILLED',
      'product',
    ],
    [
      'a child process killed for memory',
      { state: { terminated: { exitCode: 3, reason: 'OOMKilled' } } },
      5,
      'OOM_KILLED',
      'product',
    ],
    [
      'crashed three times',
      { restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: crashed } },
      12,
      'CRASH_LOOP',
      'product',
    ],
    [
      'crashing and never ready for 20 s',
      { restartCount: 1, state: { terminated: crashed } },
      21,
      'CRASH_LOOP',
      'product',
    ],
    [
      'a command that does not exist',
      { restartCount: 2, state: { terminated: { exitCode: 128, reason: 'StartError', message: 'no such file' } } },
      12,
      'CRASH_LOOP',
      'product',
    ],
    [
      'an image that does not exist',
      { state: { waiting: { reason: 'ErrImagePull', message: 'x: not found' } } },
      1,
      'IMAGE_PULL',
      'environment',
    ],
    ['a name that is no image', { state: { waiting: { reason: 'InvalidImageName' } } }, 1, 'IMAGE_PULL', 'environment'],
    [
      'a registry that does not answer',
      { state: { waiting: { reason: 'ImagePullBackOff', message: 'i/o timeout' } } },
      21,
      'IMAGE_PULL',
      'infrastructure',
    ],
    [
      'a ConfigMap that is not there',
      { state: { waiting: { reason: 'CreateContainerConfigError', message: 'configmap "x" not found' } } },
      6,
      'CONTAINER_CONFIG',
      'product',
    ],
  ])('%s', (_title, status, seconds, code, faultClass) => {
    expect(findingOfPod(aPod('web', status), 'Deployment/web', later(seconds))).toMatchObject({
      code,
      class: faultClass,
      object: 'Deployment/web',
    });
  });

  test('an image that says root is named with what to do, where the environment forbids that', () => {
    const message = 'container has runAsNonRoot and image will run as root (pod: "web_gr(1)", container: web)';
    const status = { state: { waiting: { reason: 'CreateContainerConfigError', message } } };

    expect(findingOfPod(aPod('web', status), 'Deployment/web', later(6))).toMatchObject({
      ...{ code: 'CONTAINER_CONFIG', class: 'product' },
      message: expect.stringContaining('USER 10001'),
    });
  });

  test('the memory limit and the exit code are among the facts', () => {
    const pod = aPod('web', { lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } });

    expect(findingOfPod(pod, 'Deployment/web', later(5))?.facts).toEqual([
      'exit code 137 (OOMKilled)',
      'memory limit 96Mi',
      '0 restarts',
    ]);
  });

  test('a pod without a limit was killed because its node ran out: not the change', () => {
    const pod = aPod('web', { lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } });
    const unlimited = { ...pod, spec: { containers: [{ name: 'web', image: 'i' }] } };

    expect(findingOfPod(unlimited, 'Deployment/web', later(5))?.class).toBe('infrastructure');
  });

  test.each([
    ['its own volume over the limit', 'Usage of EmptyDir volume "d" exceeds the limit "20Mi".', 'product'],
    ['a node short of memory', 'The node was low on resource: memory.', 'infrastructure'],
  ])('evicted for %s', (_title, message, faultClass) => {
    const pod = aPod('web', {}, { reason: 'Evicted', message });

    expect(findingOfPod(pod, 'Deployment/web', later(1))).toMatchObject({ code: 'EVICTED', class: faultClass });
  });

  test('no node has room for a minute', () => {
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/1 nodes: Insufficient cpu.',
    };
    const pod = aPod('web', {}, { containerStatuses: [], conditions: [condition] });

    expect(findingOfPod(pod, 'Deployment/web', later(59))).toBeNull();
    expect(findingOfPod(pod, 'Deployment/web', later(61))).toMatchObject({
      code: 'UNSCHEDULABLE',
      class: 'environment',
    });
  });
});

describe('a pod that may still get ready', () => {
  test.each([
    ['it is being created', { state: { waiting: { reason: 'ContainerCreating' } } }, 30],
    ['it runs', { state: { running: { startedAt: born } } }, 30],
    ['it crashed once', { restartCount: 0, state: { terminated: crashed } }, 3],
    [
      'it crashed twice',
      { restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: crashed } },
      5,
    ],
    [
      'it runs again after crashes',
      { restartCount: 4, state: { running: { startedAt: born } }, lastState: { terminated: crashed } },
      60,
    ],
    ['its init container is done', { state: { terminated: { exitCode: 0, reason: 'Completed' } } }, 60],
    ['its registry stumbled', { state: { waiting: { reason: 'ErrImagePull', message: 'i/o timeout' } } }, 5],
  ])('%s', (_title, status, seconds) => {
    expect(findingOfPod(aPod('web', status), 'Deployment/web', later(seconds))).toBeNull();
  });

  test('it is already on its way out', () => {
    const pod = aPod('web', { state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } });
    const leaving = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: born } };

    expect(findingOfPod(leaving, 'Deployment/web', later(60))).toBeNull();
  });
});
