import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import type { EnvironmentSpec, KubernetesObject } from '../../../infra/environment-spec.ts';
import { accountWithoutRights } from '../../../infra/isolation.ts';
import { explain } from '../../errors.ts';
import { apiGet, apiRequest } from '../../kubernetes/api-request.ts';
import { execInPod } from '../../kubernetes/exec.ts';
import type { Kubernetes } from '../../kubernetes/kubernetes.ts';
import { containerStatusOf, listEventLines } from '../../kubernetes/pods.ts';
import { tearDown } from '../../teardown/tear-down.ts';
import type { NetworkPolicies } from '../../verdict/verdict-document.ts';
import { judgePolicies, type PolicySight, unknown } from './judge-policies.ts';
import {
  denial,
  dialCommand,
  type ProbePod,
  type ProbeSpec,
  probeContainer,
  probeNamespace,
  probePod,
  probePods,
} from './probe-objects.ts';

export interface PolicyProbe {
  kubernetes: Kubernetes;
  instance: string;
  /** An image with Node, by digest: that of the suites. */
  image: (signal: AbortSignal) => Promise<string>;
  pullSecret: (signal: AbortSignal) => Promise<EnvironmentSpec['pullSecret']>;
  podTemplate: EnvironmentSpec['podTemplate'];
  signal: AbortSignal;
}

export interface PolicyFinding extends NetworkPolicies {
  /** What of the probe is still there, and who takes it away; null: nothing. */
  leftover: string | null;
}

/** A first start packs and pushes images of hundreds of MiB. */
const imageMs = 600_000;
/** From the namespace to the last answer. */
const probeMs = 240_000;
const startMs = 120_000;
/** Policies take effect late on some clusters. */
const patienceMs = 20_000;
const requestMs = 15_000;
const removalMs = 60_000;
const pollMs = 300;
/** A lost packet is no policy. */
const closedInARow = 3;
/** Longer than all of it takes; then the sweep takes what we could not. */
const lifeSeconds = 360;

/** Why nothing was found out, in words. */
class NotKnown extends Error {}

/**
 * Whether the cluster enforces NetworkPolicies: two pods in a namespace of ours connect for real, without a policy, then under one
 * that denies ingress, then under one that denies egress. All of it is taken away again, on a deadline of its own, whatever
 * happens. Never rejects; takes at most some minutes.
 */
export async function probePolicies(probe: PolicyProbe): Promise<PolicyFinding> {
  const { kubernetes, instance, signal } = probe;
  const runId = `probe-${randomBytes(5).toString('hex')}`;
  const begun: { spec: ProbeSpec | null } = { spec: null };
  let found: NetworkPolicies;
  try {
    const spec = await specOf(probe, runId);
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(probeMs)]);
    begun.spec = spec;
    await create(kubernetes, '/api/v1/namespaces', probeNamespace(spec), inTime).catch((error: unknown) => {
      // Answered, and not made: there is nothing to take away.
      if (error instanceof NotKnown) begun.spec = null;
      throw error;
    });
    found = judgePolicies(await lookAt(kubernetes, spec, inTime));
  } catch (error) {
    found = unknown(whyOf(error, signal));
  }
  const leftover = begun.spec === null ? null : await remove(kubernetes, begun.spec, instance);
  return { ...found, leftover };
}

function whyOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'the probe was interrupted';
  if (error instanceof NotKnown) return error.message;
  if (error instanceof Error && error.name === 'TimeoutError') return 'the probe did not end in its time';
  return explain(error);
}

async function specOf(probe: PolicyProbe, runId: string): Promise<ProbeSpec> {
  const signal = AbortSignal.any([probe.signal, AbortSignal.timeout(imageMs)]);
  // Whoever cannot be asked is not given pods.
  await apiGet(probe.kubernetes, '/version', signal);
  const [image, pullSecret] = await Promise.all([probe.image(signal), probe.pullSecret(signal)]);
  signal.throwIfAborted();
  return {
    namespace: `gr-${runId}`,
    owner: {
      instance: probe.instance,
      runId,
      changeId: 'none',
      expiresAt: Math.floor(Date.now() / 1000) + lifeSeconds,
      repository: '',
      changeNumber: null,
      sha: '',
    },
    image,
    pullSecret,
    podTemplate: probe.podTemplate,
    word: randomBytes(16).toString('hex'),
    deadlineSeconds: lifeSeconds,
  };
}

async function lookAt(kubernetes: Kubernetes, spec: ProbeSpec, signal: AbortSignal): Promise<PolicySight> {
  const path = `/api/v1/namespaces/${spec.namespace}`;
  const make = (where: string, object: KubernetesObject) => create(kubernetes, where, object, signal);
  for (const object of accountWithoutRights(spec, spec.namespace))
    await make(`${path}/${object.kind.toLowerCase()}s`, object);
  for (const name of probePods) await make(`${path}/pods`, probePod(spec, name));
  const [fenced, peer] = await Promise.all(probePods.map((name) => started(kubernetes, spec, name, signal)));
  const dial = (from: ProbePod, to: string) => async () => reaches(kubernetes, { spec, from, to, signal });
  const inward = dial('peer', fenced?.address ?? '');
  const outward = dial('fenced', peer?.address ?? '');
  const opens = async (ask: () => Promise<boolean>) => await settles(ask, true, signal);
  const ends = async (ask: () => Promise<boolean>) => await settles(ask, false, signal);
  const policies = `/apis/networking.k8s.io/v1/namespaces/${spec.namespace}/networkpolicies`;

  const [inwardBefore, outwardBefore] = await Promise.all([opens(inward), opens(outward)]);
  const sight: PolicySight = {
    nodes: [fenced?.node ?? '', peer?.node ?? ''],
    before: { inward: inwardBefore, outward: outwardBefore },
    ingressDenied: null,
    egressDenied: null,
    alive: true,
  };
  if (!inwardBefore || !outwardBefore) return sight;
  await make(policies, denial(spec, 'Ingress'));
  const ingressDenied = { inwardEnded: await ends(inward), outwardGoesOn: await opens(outward) };
  await make(policies, denial(spec, 'Egress'));
  const egressDenied = { outwardEnded: await ends(outward) };
  const own = await Promise.all(probePods.map((name) => opens(dial(name, '127.0.0.1'))));
  return { ...sight, ingressDenied, egressDenied, alive: own.every(Boolean) };
}

/** Not cut off in the middle: whether it is there must be known when all is taken away. */
async function create(
  kubernetes: Kubernetes,
  path: string,
  body: KubernetesObject,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const request = { method: 'POST', path, body, signal: AbortSignal.timeout(requestMs) } as const;
  const answer = await apiRequest<{ message?: string }>(kubernetes, request);
  signal.throwIfAborted();
  if (answer.status === 201) return;
  const said = String(answer.body?.message ?? '').slice(0, 300);
  throw new NotKnown(`the cluster answered ${answer.status} to the ${body.kind} "${body.metadata.name}": ${said}`);
}

const hopeless = [
  ...['ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName'],
  ...['CreateContainerError', 'CreateContainerConfigError', 'RunContainerError'],
];

async function started(
  kubernetes: Kubernetes,
  spec: ProbeSpec,
  name: ProbePod,
  signal: AbortSignal,
): Promise<{ address: string; node: string }> {
  const path = `/api/v1/namespaces/${spec.namespace}/pods/${name}`;
  const deadline = performance.now() + startMs;
  for (;;) {
    const { body: pod } = await apiRequest<V1Pod>(kubernetes, { path, signal });
    const state = containerStatusOf(pod, probeContainer)?.state;
    const address = pod.status?.podIP;
    if (state?.running && address) return { address, node: pod.spec?.nodeName ?? '' };
    const isHopeless = pod.status?.phase === 'Failed' || hopeless.includes(state?.waiting?.reason ?? '');
    if (isHopeless || performance.now() >= deadline) throw await notStarted(kubernetes, spec, pod);
    await sleep(pollMs, undefined, { signal });
  }
}

async function notStarted(kubernetes: Kubernetes, { namespace }: ProbeSpec, pod: V1Pod): Promise<NotKnown> {
  const name = pod.metadata?.name ?? '';
  const events = await listEventLines(kubernetes, namespace, name, AbortSignal.timeout(requestMs)).catch(() => []);
  const { reason, message } = containerStatusOf(pod, probeContainer)?.state?.waiting ?? pod.status ?? {};
  const said = [reason, message].filter(Boolean).join(': ') || events.at(-1) || 'the cluster does not say why';
  return new NotKnown(`a pod of the probe did not start: ${said.slice(0, 300)}`);
}

interface Dial {
  spec: ProbeSpec;
  from: ProbePod;
  to: string;
  signal: AbortSignal;
}

async function reaches(kubernetes: Kubernetes, { spec, from, to, signal }: Dial): Promise<boolean> {
  const { stdout, stderr } = await execInPod(kubernetes, {
    ...{ namespace: spec.namespace, pod: from, container: probeContainer },
    command: dialCommand(to, spec),
    signal: AbortSignal.any([signal, AbortSignal.timeout(requestMs)]),
  });
  const said = stdout.trim();
  if (said !== 'open' && said !== 'closed')
    throw new NotKnown(`a pod of the probe said "${said || stderr}"`.slice(0, 300));
  return said === 'open';
}

/** Whether it comes to what is expected within the time that policies get. */
async function settles(ask: () => Promise<boolean>, expected: boolean, signal: AbortSignal): Promise<boolean> {
  const until = performance.now() + patienceMs;
  const enough = expected ? 1 : closedInARow;
  for (let inARow = 0; ; ) {
    inARow = (await ask()) === expected ? inARow + 1 : 0;
    if (inARow >= enough) return true;
    if (performance.now() >= until) return false;
    await sleep(pollMs, undefined, { signal });
  }
}

/** On its own deadline: no Ctrl-C leaves it behind. @returns what is left, or null */
async function remove(kubernetes: Kubernetes, spec: ProbeSpec, instance: string): Promise<string | null> {
  const { namespace: name, owner } = spec;
  const later = 'the sweep takes it once it is six minutes old ("greenroom sweep", or "serve" by itself)';
  try {
    const target = { name, runId: owner.runId, instance };
    const { status, blockedBy } = await tearDown({ kubernetes, stacks: null, target, deadlineMs: removalMs });
    if (status === 'gone') return null;
    const by = blockedBy.map((blocker) => `${blocker.object} (${blocker.cause})`).join(', ');
    return `the namespace "${name}" is not gone yet, held by ${by || 'nothing that is known'}; ${later}`;
  } catch (error) {
    return `the namespace "${name}" could not be deleted (${explain(error)}); ${later}`;
  }
}
