import type { EnvironmentSpec, KubernetesObject, SuitePodSpec } from './environment-spec.ts';
import { serviceAccountName } from './isolation.ts';
import { labels, ownershipLabels } from './labels.ts';
import { sidecarResources } from './limits.ts';
import { namespaceNameOf } from './namespace.ts';

/** User and group of the runner images (runner/README.md). */
const runnerUser = 10_001;

const lockedDown = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** One Indexed Job per suite: its pods start with the environment, warm up and wait for `go` (runner/README.md). */
export function suiteJobs(spec: EnvironmentSpec): KubernetesObject[] {
  return spec.suites.map((suite) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: suite.name, namespace: namespaceNameOf(spec, 'suites'), labels: suiteLabels(spec, suite) },
    spec: {
      completionMode: 'Indexed',
      completions: suite.shards,
      parallelism: suite.shards,
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      activeDeadlineSeconds: suite.deadlineSeconds,
      template: { metadata: { labels: suiteLabels(spec, suite) }, spec: suitePod(spec, suite) },
    },
  }));
}

function suiteLabels(spec: EnvironmentSpec, suite: SuitePodSpec): Record<string, string> {
  return { ...ownershipLabels(spec.owner), [labels.role]: 'suites', [labels.suite]: suite.name };
}

function suitePod(spec: EnvironmentSpec, suite: SuitePodSpec): object {
  const env = Object.entries({ ...suite.env, HOME: '/tmp' }).map(([name, value]) => ({ name, value }));
  return {
    restartPolicy: 'Never',
    // Results outlive a take-over of Greenroom; teardown deletes these pods with a grace of its own.
    terminationGracePeriodSeconds: 300,
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // A full service name has at least two dots: asked as it is, not with every search domain first.
    dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: runnerUser,
      runAsGroup: runnerUser,
      fsGroup: runnerUser,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...spec.podTemplate,
    initContainers: [
      {
        name: 'files',
        restartPolicy: 'Always',
        image: suite.image,
        command: ['/usr/bin/node', '/greenroom/runner/files.ts', 'hold'],
        env: [{ name: 'HOME', value: '/tmp' }],
        resources: sidecarResources,
        securityContext: lockedDown,
        volumeMounts: mounts('files-tmp'),
      },
    ],
    containers: [
      {
        name: 'suite',
        image: suite.image,
        command: ['/usr/bin/node', '/greenroom/runner/main.ts'],
        env,
        resources: suite.resources,
        securityContext: lockedDown,
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: mounts('tmp'),
      },
    ],
    volumes: [
      { name: 'work', emptyDir: { sizeLimit: '2Gi' } },
      { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
      { name: 'files-tmp', emptyDir: { sizeLimit: '64Mi' } },
    ],
  };
}

function mounts(ownTmp: string): object[] {
  return [
    { name: 'work', mountPath: '/work' },
    { name: ownTmp, mountPath: '/tmp' },
  ];
}
