import type { EnvironmentSpec } from '../../infra/environment-spec.ts';
import { type BeforeState, beforeState } from './before.ts';
import type { ClusterState } from './cluster-state.ts';
import { type Component, componentOf, isRolledOut, reachableFrom, whyPending } from './components.ts';
import type { Finding } from './not-ready.ts';
import { findingsOf, findingsOfBefore } from './workload-findings.ts';

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

/** PURE but for `memory`, which it brings up to date. One look at the application: what is ready, what is not, what never will be. */
export function assess(spec: EnvironmentSpec, state: ClusterState, memory: ReadinessMemory, now: number): Assessment {
  const components = spec.objects.filter(isRolledOut).map((declared) => componentOf(declared, spec, state));
  const before = beforeState(spec, state, now);
  const result: Assessment = { before, pending: [], ready: [], findings: [], restart: [] };
  const judged = components.map((component) => ({ component, findings: findingsOf(component, memory.excusedAt, now) }));
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

/** 1 when `a` is about something that needs what `b` is about: the cause goes before its consequences. */
function dependsOn(components: Component[], a: Finding, b: Finding): number {
  const needs = components.find((component) => component.object === a.object)?.needs ?? [];
  const services = components.find((component) => component.object === b.object)?.services ?? [];
  return needs.some((service) => services.includes(service)) ? 1 : 0;
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
