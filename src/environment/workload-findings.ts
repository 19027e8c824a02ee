import type { BeforeState } from './before.ts';
import type { ClusterState, Pod } from './cluster-state.ts';
import type { Component } from './components.ts';
import { ownerOf } from './components.ts';
import type { Finding } from './not-ready.ts';
import { findingOfPod } from './pod-findings.ts';

const defaultProgressMs = 600_000;

export function findingsOf(component: Component, excusedAt: ReadonlyMap<string, number>, now: number): Finding[] {
  const ofPods = component.pods.flatMap((pod) => findingOfPod(pod, component.object, now) ?? []);
  const refused = component.live?.status?.conditions?.find((c) => c.type === 'ReplicaFailure' && c.status === 'True');
  const ofController = refused?.message ? findingOfRefusal(component.object, refused.message) : null;
  const tooLate = progressDeadline(component, excusedAt, now);
  return [...ofPods, ...(ofController ? [ofController] : []), ...(tooLate && ofPods.length === 0 ? [tooLate] : [])];
}

/** A pod that the API server would not accept, in its words. Null for what passes by itself: a quota that is still being counted. */
export function findingOfRefusal(object: string, refusal: string): Finding | null {
  if (/status unknown for quota|serviceaccount .* not found|object has been modified/.test(refusal)) return null;
  const message = refusal.replace(/^(pods|replicasets\.apps|jobs\.batch) "[^"]*" is /, '');
  if (/exceeded quota|maximum .* usage per/.test(refusal)) {
    return {
      class: 'environment',
      code: 'QUOTA',
      object,
      message: `${object} asks for more than the environment's limits: ${message}`,
      facts: [],
    };
  }
  return {
    class: 'product',
    code: 'ADMISSION',
    object,
    message: `the cluster refuses the pods of ${object}: ${message}`,
    facts: [],
  };
}

/** Kubernetes counts `progressDeadlineSeconds` from the rollout; we count from when the workload had all that it needs. */
function progressDeadline(component: Component, excusedAt: ReadonlyMap<string, number>, now: number): Finding | null {
  if (!component.live) return null;
  const seconds = (component.declared.spec as { progressDeadlineSeconds?: number }).progressDeadlineSeconds;
  const limitMs = seconds === undefined ? defaultProgressMs : seconds * 1000;
  const since = Math.max(Date.parse(component.live.metadata.creationTimestamp), excusedAt.get(component.object) ?? 0);
  if (now - since <= limitMs) return null;
  // What had only been given time until now is the reason.
  const impatient = component.pods.flatMap(
    (pod) => findingOfPod(pod, component.object, Number.MAX_SAFE_INTEGER) ?? [],
  )[0];
  return impatient ?? findingOfUnready(component.object, component.pods, `within ${Math.round(limitMs / 1000)} s`);
}

/** What can be said of pods that run and are just not ready. */
export function findingOfUnready(object: string, pods: Pod[], when: string): Finding {
  const pod = pods.find((candidate) => candidate.status?.containerStatuses?.some((status) => !status.ready));
  const status = pod?.status?.containerStatuses?.find((candidate) => !candidate.ready);
  if (!pod || !status?.state?.running) {
    return {
      class: 'environment',
      code: 'NOT_STARTED',
      object,
      message: `${object} was not started ${when}`,
      facts: [],
    };
  }
  return {
    class: 'product',
    code: 'PROBE_FAILING',
    object,
    message: `container "${status.name}" of ${object} runs, but did not become ready ${when}`,
    pod: { name: pod.metadata.name, uid: pod.metadata.uid, container: status.name, restarted: status.restartCount > 0 },
    facts: [],
  };
}

export function findingsOfBefore(before: BeforeState, state: ClusterState, now: number): Finding[] {
  if (before.kind === 'done' || before.kind === 'waiting') return [];
  const object = `Job/${before.job}`;
  const pods = state.pods
    .filter((pod) => ownerOf(pod) === object)
    .sort((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp));
  const ofPods = pods.flatMap((pod) => findingOfPod(pod, object, now) ?? []);
  if (before.kind === 'running' || ofPods.length > 0) return ofPods;
  const status = pods[0]?.status?.containerStatuses?.find((candidate) => candidate.state?.terminated?.exitCode !== 0);
  const code = status?.state?.terminated?.exitCode;
  return [
    {
      class: 'product',
      code: 'BEFORE_FAILED',
      object,
      message:
        code === undefined ? `${object} did not finish: ${before.message}` : `${object} exited with code ${code}`,
      facts: [`${before.reason}: ${before.message}`],
      ...(pods[0] && status
        ? {
            pod: {
              name: pods[0].metadata.name,
              uid: pods[0].metadata.uid,
              container: status.name,
              restarted: status.restartCount > 0,
            },
          }
        : {}),
    },
  ];
}
