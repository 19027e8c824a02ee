import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { containerStatusOf } from '../kubernetes/pods.ts';
import type { SuiteFailure } from './suite-failure.ts';

export interface PodFacts {
  /** Null: there is none, or not any more. */
  pod: V1Pod | null;
  /** Warnings about the pod, or about its Job where there is no pod. */
  events: string[];
  /** What the suite's container said last. */
  lastLines: string[];
}

const imageReasons = ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName'];
const configReasons = ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'];

/** PURE. Why a suite pod will not do its work any more, with the cluster's evidence; null when it still may. */
export function explainPod(suite: string, facts: PodFacts): SuiteFailure | null {
  const { pod } = facts;
  if (!pod) return null;
  const { reason, message } = pod.status ?? {};
  const disrupted = pod.status?.conditions?.find((one) => one.type === 'DisruptionTarget' && one.status === 'True');
  const container = containerStatusOf(pod, 'suite');
  const ended = container?.state?.terminated;
  if (reason === 'Evicted') return evicted(suite, facts, message ?? '');
  if (ended?.reason === 'OOMKilled') return outOfMemory(suite, facts, pod);
  if (reason === 'DeadlineExceeded')
    return trouble(facts, 'test', 'SUITE_TIMEOUT', `suite "${suite}" was over its time`);
  if (disrupted || pod.metadata?.deletionTimestamp) {
    const why = disrupted ? `${disrupted.reason}: ${disrupted.message}` : 'somebody deleted it';
    return trouble(facts, 'infrastructure', 'SUITE_POD_DELETED', `the pod of suite "${suite}" was taken away (${why})`);
  }
  if (ended) {
    const how = ended.signal ? `signal ${ended.signal}` : `exit code ${ended.exitCode}`;
    return trouble(
      facts,
      'infrastructure',
      'SUITE_POD_ENDED',
      `the runner of suite "${suite}" ended by ${how} before its results`,
    );
  }
  return waiting(suite, facts, container, containerStatusOf(pod, 'files'));
}

/** PURE. Why there is no warm pod although the time for it is over. */
export function explainAbsence(suite: string, facts: PodFacts): SuiteFailure {
  const known = explainPod(suite, facts);
  if (known) return known;
  const unscheduled = facts.pod?.status?.conditions?.find(
    (one) => one.type === 'PodScheduled' && one.status === 'False',
  );
  if (unscheduled)
    return trouble(
      facts,
      'infrastructure',
      'SUITE_NOT_SCHEDULED',
      `no node takes the pod of suite "${suite}": ${unscheduled.message}`,
    );
  if (!facts.pod) {
    const quota = facts.events.some((event) => event.includes('exceeded quota'));
    return trouble(facts, quota ? 'environment' : 'infrastructure', 'SUITE_POD_MISSING', `suite "${suite}" has no pod`);
  }
  return trouble(facts, 'infrastructure', 'SUITE_NOT_WARM', `the pod of suite "${suite}" did not get ready in time`);
}

function waiting(suite: string, facts: PodFacts, ...statuses: (V1ContainerStatus | undefined)[]): SuiteFailure | null {
  for (const status of statuses) {
    const { reason = '', message = '' } = status?.state?.waiting ?? {};
    const text = `${reason}: ${message}`.slice(0, 500);
    if (imageReasons.includes(reason))
      return trouble(
        facts,
        'infrastructure',
        'SUITE_IMAGE_MISSING',
        `the runner image "${status?.image}" of suite "${suite}" cannot be pulled`,
        text,
      );
    if (configReasons.includes(reason))
      return trouble(facts, 'infrastructure', 'SUITE_NOT_STARTED', `the pod of suite "${suite}" cannot start`, text);
  }
  return null;
}

function evicted(suite: string, facts: PodFacts, message: string): SuiteFailure {
  const ownDoing =
    message.includes('exceeds the limit') || message.includes('exceeds its local ephemeral storage limit');
  const fault = ownDoing ? 'environment' : 'infrastructure';
  return trouble(facts, fault, 'SUITE_POD_EVICTED', `the pod of suite "${suite}" was evicted: ${message}`);
}

function outOfMemory(suite: string, facts: PodFacts, pod: V1Pod): SuiteFailure {
  const limit = pod.spec?.containers.find((one) => one.name === 'suite')?.resources?.limits?.memory ?? 'its limit';
  const message = `suite "${suite}" was killed for using more than ${limit} of memory; raise suites[].resources.memory`;
  return trouble(facts, 'environment', 'SUITE_OUT_OF_MEMORY', message, 'OOMKilled');
}

function trouble(
  facts: PodFacts,
  fault: SuiteFailure['class'],
  code: string,
  message: string,
  ...more: string[]
): SuiteFailure {
  return {
    status: 'errored',
    class: fault,
    code,
    message,
    evidence: [...more, ...facts.events, ...facts.lastLines].slice(0, 20),
  };
}
