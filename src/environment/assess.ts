import type { EnvironmentSpec, KubernetesObject } from '../../infra/environment-spec.ts';
import { type BeforeState, beforeState } from './before.ts';
import type { ClusterState, Pod, Workload } from './cluster-state.ts';
import { needsOf, selects, templateOf } from './needs.ts';
import type { Finding } from './not-ready.ts';
import { findingOfPod } from './pod-findings.ts';

/** What readiness remembers between two looks. */
export interface ReadinessMemory {
  /** Pods (uid) that crashed while what they need was not there yet: not their fault. */
  excusedPods: Set<string>;
  /** `Deployment/web` to when it was last excused (epoch ms). */
  excusedAt: Map<string, number>;
}

export interface Assessment {
  before: BeforeState;
  /** What is not ready yet, each with a reason for people. */
  pending: { object: string; why: string }[];
  ready: string[];
  /** What will not get ready any more; what the others depend on comes first. */
  findings: Finding[];
  /** Excused pods whose needs are met now: deleted, so that they start again without the kubelet's back-off. */
  restart: { name: string; uid: string }[];
}

interface Component {
  object: string;
  declared: KubernetesObject;
  live: Workload | undefined;
  pods: Pod[];
  needs: string[];
  services: string[];
  isReady: boolean;
}

const defaultProgressMs = 600_000;

/** PURE but for `memory`, which it brings up to date. One look at the application: what is ready, what is not, what never will be. */
export function assess(spec: EnvironmentSpec, state: ClusterState, memory: ReadinessMemory, now: number): Assessment {
  const components = spec.objects.filter(isRolledOut).map((declared) => componentOf(declared, spec, state));
  const before = beforeState(spec, state, now);
  const result: Assessment = { before, pending: [], ready: [], findings: [], restart: [] };
  const judged = components.map((component) => ({ component, findings: findingsOf(component, memory, now) }));
  for (const { component, findings } of judged) {
    if (component.isReady) {
      result.ready.push(component.object);
      continue;
    }
    result.pending.push({ object: component.object, why: whyPending(component) });
    const excuse = findings.every(isExcusable) ? excuseOf(component, judged, before) : null;
    if (excuse) excused(component, memory, now);
    else takeUp(component, findings, memory, result);
  }
  result.findings.push(...findingsOfBefore(before, state, now));
  result.findings.sort((a, b) => dependsOn(components, a, b) - dependsOn(components, b, a));
  if (before.kind !== 'done') result.pending.push({ object: `Job/${before.job}`, why: whyBefore(before) });
  result.pending.push(...servicesWithout(spec, state, components));
  return result;
}

/** What a workload does for want of something else; being killed for memory, for one, is its own doing. */
function isExcusable({ code }: Finding): boolean {
  return code === 'CRASH_LOOP' || code === 'PROBE_FAILING' || code === 'NOT_STARTED';
}

function isRolledOut(object: KubernetesObject): boolean {
  return object.kind === 'Deployment' || object.kind === 'StatefulSet';
}

function componentOf(declared: KubernetesObject, spec: EnvironmentSpec, state: ClusterState): Component {
  const { name } = declared.metadata;
  const live = (declared.kind === 'Deployment' ? state.deployments : state.statefulSets).find(
    (w) => w.metadata.name === name,
  );
  const object = `${declared.kind}/${name}`;
  const services = spec.objects.filter((o) => o.kind === 'Service' && selects(o, templateOf(declared)));
  return {
    object,
    declared,
    live,
    pods: state.pods.filter((pod) => ownerOf(pod) === object),
    needs: needsOf(declared, spec.objects),
    services: services.map((service) => service.metadata.name),
    isReady: live !== undefined && isUp(live),
  };
}

function isUp({ metadata, spec, status }: Workload): boolean {
  const wanted = spec.replicas ?? 1;
  const current = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1);
  return current && (status?.updatedReplicas ?? 0) >= wanted && (status?.readyReplicas ?? 0) >= wanted;
}

/** `Deployment/web` of a pod that a ReplicaSet made; else its owner as it stands. */
export function ownerOf(pod: Pod): string {
  const owner = pod.metadata.ownerReferences?.[0];
  if (!owner) return `Pod/${pod.metadata.name}`;
  const hash = pod.metadata.labels?.['pod-template-hash'];
  if (owner.kind !== 'ReplicaSet' || !hash) return `${owner.kind}/${owner.name}`;
  return `Deployment/${owner.name.slice(0, -hash.length - 1)}`;
}

function findingsOf(component: Component, memory: ReadinessMemory, now: number): Finding[] {
  const ofPods = component.pods.flatMap((pod) => findingOfPod(pod, component.object, now) ?? []);
  const refused = component.live?.status?.conditions?.find((c) => c.type === 'ReplicaFailure' && c.status === 'True');
  const ofController = refused?.message ? findingOfRefusal(component.object, refused.message) : null;
  const tooLate = progressDeadline(component, memory, now);
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
function progressDeadline(component: Component, memory: ReadinessMemory, now: number): Finding | null {
  if (!component.live) return null;
  const seconds = (component.declared.spec as { progressDeadlineSeconds?: number }).progressDeadlineSeconds;
  const limitMs = seconds === undefined ? defaultProgressMs : seconds * 1000;
  const since = Math.max(
    Date.parse(component.live.metadata.creationTimestamp),
    memory.excusedAt.get(component.object) ?? 0,
  );
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

/** What this component waits for, when it may well crash until that is there; null: its crashes are its own. */
function excuseOf(
  component: Component,
  judged: { component: Component; findings: Finding[] }[],
  before: BeforeState,
): string | null {
  if (before.kind === 'waiting' || before.kind === 'running') {
    const isNeeded = before.needs.some((service) => component.services.includes(service));
    const all = judged.map((other) => other.component);
    // A migration concerns whoever talks, directly or not, to what it talks to; one that names nothing may concern everybody.
    const reached = reachableFrom(component, all);
    const concerned = before.needs.length === 0 || before.needs.some((service) => reached.has(service));
    if (concerned && !isNeeded) return `Job/${before.job}`;
  }
  const missing = judged.find(
    (other) =>
      other.component !== component &&
      !other.component.isReady &&
      other.findings.length === 0 &&
      other.component.services.some((service) => component.needs.includes(service)),
  );
  return missing?.component.object ?? null;
}

/** The Services that a component needs, and those that these need, and so on. */
function reachableFrom(component: Component, all: Component[]): Set<string> {
  const reached = new Set<string>();
  const open = [...component.needs];
  for (let service = open.pop(); service !== undefined; service = open.pop()) {
    if (reached.has(service)) continue;
    reached.add(service);
    for (const other of all) if (other.services.includes(service)) open.push(...other.needs);
  }
  return reached;
}

function excused(component: Component, memory: ReadinessMemory, now: number): void {
  memory.excusedAt.set(component.object, now);
  for (const pod of component.pods) {
    const crashed = pod.status?.containerStatuses?.some(
      (status) => status.restartCount > 0 || status.state?.terminated,
    );
    if (crashed) memory.excusedPods.add(pod.metadata.uid);
  }
}

/** Crashes from before the needs were met are forgiven, and cut short: the kubelet would let the container rest for longer and longer. */
function takeUp({ pods }: Component, findings: Finding[], memory: ReadinessMemory, result: Assessment): void {
  const forgiven = pods.filter((pod) => memory.excusedPods.has(pod.metadata.uid));
  for (const { metadata, status } of forgiven) {
    const rests = status?.containerStatuses?.some(
      (container) => container.state?.waiting?.reason === 'CrashLoopBackOff',
    );
    if (rests) result.restart.push({ name: metadata.name, uid: metadata.uid });
  }
  const uids = new Set(forgiven.map((pod) => pod.metadata.uid));
  result.findings.push(...findings.filter(({ code, pod }) => code !== 'CRASH_LOOP' || !pod || !uids.has(pod.uid)));
}

function findingsOfBefore(before: BeforeState, state: ClusterState, now: number): Finding[] {
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

/** 1 when `a` is about something that needs what `b` is about: the cause goes before its consequences. */
function dependsOn(components: Component[], a: Finding, b: Finding): number {
  const needs = components.find((component) => component.object === a.object)?.needs ?? [];
  const services = components.find((component) => component.object === b.object)?.services ?? [];
  return needs.some((service) => services.includes(service)) ? 1 : 0;
}

function whyPending({ live, pods }: Component): string {
  if (!live) return 'not created yet';
  const waiting = pods
    .flatMap((pod) => pod.status?.containerStatuses?.map((s) => s.state?.waiting?.reason) ?? [])
    .find(Boolean);
  return `${live.status?.readyReplicas ?? 0} of ${live.spec.replicas ?? 1} ready${waiting ? ` (${waiting})` : ''}`;
}

function whyBefore(before: Exclude<BeforeState, { kind: 'done' }>): string {
  if (before.kind === 'waiting')
    return before.needs.length > 0 ? `waits for ${before.needs.join(', ')}` : 'waits to be created';
  return before.kind;
}

/** A Service that selects pods of the application and has no ready endpoint. */
function servicesWithout(spec: EnvironmentSpec, state: ClusterState, components: Component[]): Assessment['pending'] {
  const selecting = new Set(components.flatMap((component) => component.services));
  return spec.objects
    .filter(
      (o) =>
        o.kind === 'Service' && selecting.has(o.metadata.name) && !state.servicesWithEndpoints.has(o.metadata.name),
    )
    .map((service) => ({ object: `Service/${service.metadata.name}`, why: 'no ready endpoint' }));
}
