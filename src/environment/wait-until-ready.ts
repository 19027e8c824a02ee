import { setTimeout as sleep } from 'node:timers/promises';
import { environmentOutputs } from '../../infra/environment-rooms.ts';
import { type EnvironmentSpec, suitesNamespaceOf } from '../../infra/environment-spec.ts';
import { RunError } from '../errors.ts';
import { apiRequest } from '../kubernetes/api-request.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { type Assessment, assess, type ReadinessMemory } from './assess.ts';
import { releaseJob } from './before.ts';
import { type ClusterState, readClusterState } from './cluster-state.ts';
import { ownerOf } from './components.ts';
import { listEvents, withEvidence } from './diagnostics.ts';
import { selects } from './needs.ts';
import type { Finding, NotReady } from './not-ready.ts';
import { findingOfPod } from './pod-findings.ts';
import { probeEntry, probingPod } from './probe-entry.ts';
import { findingOfSuitePods } from './suite-findings.ts';
import { findingOfRefusal, findingOfUnready } from './workload-findings.ts';

export interface WaitOptions {
  signal: AbortSignal;
  deadlineMs: number;
  /** `Deployment/web` as it gets ready, and at last the entry's address. */
  onReady?: (object: string) => void;
}

const pollMs = 250;
/** Refusals of StatefulSets' and Jobs' pods are told by events alone; those are looked at more rarely. */
const eventsEvery = 8;
/** An API server that restarts or hands over is waited for so long, at this pace. */
const outagePatienceMs = 120_000;
const outagePollMs = 1_000;

/**
 * Waits until the environment can be tested: rollouts ready, `before` jobs done, endpoints present, then the entry answers.
 * May start before anything exists. Ends early when something will not get ready any more.
 * @returns null when ready, else what is not, and why
 * @throws RunError when the cluster cannot be asked for two minutes on end; the signal's reason when aborted
 */
export async function waitUntilReady(
  kubernetes: Kubernetes,
  spec: EnvironmentSpec,
  options: WaitOptions,
): Promise<NotReady | null> {
  const deadline = performance.now() + options.deadlineMs;
  const memory: ReadinessMemory = { excusedPods: new Set(), excusedAt: new Map() };
  const told = new Set<string>();
  let look: Look | null = null;
  let seenAt = performance.now();
  for (let poll = 0; performance.now() < deadline; poll++) {
    try {
      look = await lookOnce(kubernetes, spec, memory, poll, options.signal);
    } catch (error) {
      const patience = Math.min(deadline, seenAt + outagePatienceMs) - performance.now();
      if (!(error instanceof RunError && error.remedy === 'retry') || patience < outagePollMs) throw error;
      await sleep(outagePollMs, undefined, { signal: options.signal });
      continue;
    }
    seenAt = performance.now();
    for (const object of look.assessment.ready) {
      if (!told.has(object)) options.onReady?.(object);
      told.add(object);
    }
    const [finding] = look.findings;
    if (finding) return await withEvidence(kubernetes, spec, alsoNaming(finding, look.findings), options.signal);
    if (look.entry?.answers) {
      options.onReady?.(environmentOutputs(spec).url);
      return null;
    }
    await sleep(pollMs, undefined, { signal: options.signal });
  }
  return await withEvidence(kubernetes, spec, findingAtDeadline(spec, look, options.deadlineMs), options.signal);
}

interface Look {
  state: ClusterState;
  assessment: Assessment;
  findings: Finding[];
  /** Asked only when nothing else is pending. */
  entry: { answers: boolean; last: string } | null;
}

async function lookOnce(
  kubernetes: Kubernetes,
  spec: EnvironmentSpec,
  memory: ReadinessMemory,
  poll: number,
  signal: AbortSignal,
): Promise<Look> {
  const now = Date.now();
  const state = await readClusterState(kubernetes, spec.name, suitesNamespaceOf(spec.name), signal);
  const assessment = assess(spec, state, memory, now);
  const { before } = assessment;
  if (before.kind === 'waiting' && before.release) await releaseJob(kubernetes, spec.name, before.job, signal);
  for (const pod of assessment.restart) await restartPod(kubernetes, spec.name, pod, signal);
  const refusals = poll % eventsEvery === eventsEvery - 1 ? await refusalsOf(kubernetes, spec, state, signal) : [];
  const findings = [...assessment.findings, ...findingOfSuitePods(state.suitePods, now), ...refusals];
  const pod = probingPod(state.suitePods);
  const mayAsk = findings.length === 0 && assessment.pending.length === 0 && (pod !== null || spec.suites.length === 0);
  const entry = mayAsk ? await probeEntry(kubernetes, spec, environmentOutputs(spec).url, pod, signal) : null;
  return { state, assessment, findings, entry };
}

/** The kubelet would wait up to five minutes before it starts the container again; a new pod starts at once. */
async function restartPod(
  kubernetes: Kubernetes,
  namespace: string,
  pod: { name: string; uid: string },
  signal: AbortSignal,
): Promise<void> {
  await apiRequest(kubernetes, {
    method: 'DELETE',
    path: `/api/v1/namespaces/${namespace}/pods/${pod.name}`,
    body: { preconditions: { uid: pod.uid }, gracePeriodSeconds: 0 },
    signal,
  });
}

/** Pods that the API server refused to StatefulSets and Jobs: no status of theirs says so. */
async function refusalsOf(
  kubernetes: Kubernetes,
  spec: EnvironmentSpec,
  state: ClusterState,
  signal: AbortSignal,
): Promise<Finding[]> {
  const refusalsIn = async (namespace: string, pods: ClusterState['pods']) => {
    const withPods = new Set(pods.map(ownerOf));
    const events = await listEvents(kubernetes, namespace, signal);
    return events
      .filter((event) => event.reason === 'FailedCreate' && event.message !== undefined)
      .map((event) => ({
        object: `${event.involvedObject.kind}/${event.involvedObject.name}`,
        message: event.message ?? '',
      }))
      .filter(({ object }) => /^(StatefulSet|Job)\//.test(object) && !withPods.has(object))
      .map(({ object, message }) => ({ object, message: message.replace(/^.*?(Error creating: |error: )/, '') }))
      .flatMap(({ object, message }) => findingOfRefusal(object, message) ?? []);
  };
  const suites = suitesNamespaceOf(spec.name);
  const [own, ofSuites] = await Promise.all([refusalsIn(spec.name, state.pods), refusalsIn(suites, state.suitePods)]);
  return [
    ...own,
    ...ofSuites.map((finding): Finding => ({ ...finding, class: 'infrastructure', code: 'SUITE_POD_FAILED' })),
  ];
}

function alsoNaming(finding: Finding, all: Finding[]): Finding {
  const others = new Set(all.map((other) => other.object).filter((object) => object !== finding.object));
  return { ...finding, facts: [...finding.facts, ...[...others].map((object) => `also not ready: ${object}`)] };
}

/** Nothing failed for good, but time is up: the first thing that everything else may be waiting for. */
function findingAtDeadline(spec: EnvironmentSpec, look: Look | null, deadlineMs: number): Finding {
  const when = `within ${Math.round(deadlineMs / 1000)} s`;
  const [pending, ...others] = look?.assessment.pending ?? [];
  const facts = others.map(({ object, why }) => `also not ready: ${object} (${why})`);
  if (look && pending) {
    const pods = look.state.pods.filter((pod) => ownerOf(pod) === pending.object);
    // Without any patience: what had only been given time is now the reason.
    const impatient = pods.flatMap((pod) => findingOfPod(pod, pending.object, Number.MAX_SAFE_INTEGER) ?? [])[0];
    const finding = impatient ?? findingOfUnready(pending.object, pods, when);
    return { ...finding, facts: [...finding.facts, `${pending.object}: ${pending.why}`, ...facts] };
  }
  const { service, port } = spec.entry;
  const object = `Service/${service}`;
  if (!look || (look.entry === null && spec.suites.length > 0)) {
    return {
      class: 'infrastructure',
      code: 'SUITE_POD_FAILED',
      object: 'suites',
      message: `no suite pod was started ${when}`,
      facts,
    };
  }
  const last = look.entry?.last ?? 'nothing';
  const pod = podBehind(spec, look.state);
  return {
    class: 'product',
    code: 'ENTRY_NOT_ANSWERING',
    object,
    message: `the entry "${service}:${port}" did not answer ${when}; the last attempt: ${last}`,
    facts,
    ...(pod ? { pod } : {}),
  };
}

/** The container that ought to have answered. */
function podBehind(spec: EnvironmentSpec, state: ClusterState): Finding['pod'] {
  const service = spec.objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === spec.entry.service);
  const pod =
    service && state.pods.find(({ metadata }) => selects(service, { metadata: { labels: metadata.labels ?? {} } }));
  const container = pod?.spec.containers[0];
  if (!pod || !container) return undefined;
  return { name: pod.metadata.name, uid: pod.metadata.uid, container: container.name, restarted: false };
}
