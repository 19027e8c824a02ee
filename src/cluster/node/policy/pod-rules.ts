import type { NetworkPolicy, PolicyNamespace, PolicyPeer, PolicyPod, PolicyPort } from './policy-objects.ts';
import { selects } from './select-labels.ts';

/** A pod that stands, with the address that it has on the node. */
export interface PlacedPod {
  address: string;
  pod: PolicyPod;
}

/** With whom: anybody, one address block, or certain pods. */
export type Peers =
  | { kind: 'anybody' }
  | { kind: 'block'; cidr: string; except: readonly string[] }
  | { kind: 'pods'; addresses: readonly string[] };

/** Inclusive. Null: every port. */
export interface PortRange {
  protocol: 'tcp' | 'udp' | 'sctp';
  range: { from: number; to: number } | null;
}

/** One thing that is allowed. Without ports: every protocol. */
export interface Allowed {
  peers: Peers;
  ports: readonly PortRange[] | null;
}

/** What a pod may take and begin. Null: no policy speaks of that direction, so all of it. */
export interface PodRules {
  address: string;
  ingress: Allowed[] | null;
  egress: Allowed[] | null;
}

export interface ClusterView {
  pods: readonly PlacedPod[];
  namespaces: readonly PolicyNamespace[];
  policies: readonly NetworkPolicy[];
}

/** By the NetworkPolicy API (networking.k8s.io/v1): policies only ever add to what is allowed, and one that selects a pod takes the rest. PURE. */
export function rulesOfPods(view: ClusterView): PodRules[] {
  return view.pods.map((placed) => {
    const mine = view.policies.filter((policy) => speaksOf(policy, placed.pod));
    const of = (type: 'Ingress' | 'Egress') => mine.filter(({ spec }) => spec.policyTypes.includes(type));
    const [ingress, egress] = [of('Ingress'), of('Egress')];
    return {
      address: placed.address,
      ingress: ingress.length === 0 ? null : ingress.flatMap((policy) => ingressOf(policy, placed, view)),
      egress: egress.length === 0 ? null : egress.flatMap((policy) => egressOf(policy, view)),
    };
  });
}

function speaksOf({ metadata, spec }: NetworkPolicy, { metadata: pod }: PolicyPod): boolean {
  return metadata.namespace === pod.namespace && selects(spec.podSelector, pod.labels ?? {});
}

function ingressOf(policy: NetworkPolicy, own: PlacedPod, view: ClusterView): Allowed[] {
  return (policy.spec.ingress ?? []).flatMap(({ from, ports }) => {
    // A name is a port of the pod that is asked.
    const numbered = ports?.length ? ports.flatMap((port) => rangeOf(port, own.pod)) : null;
    if (numbered?.length === 0) return [];
    return peersOf(from, policy.metadata.namespace, view).map((peers) => ({ peers, ports: numbered }));
  });
}

function egressOf(policy: NetworkPolicy, view: ClusterView): Allowed[] {
  return (policy.spec.egress ?? []).flatMap(({ to, ports }) => {
    const all = peersOf(to, policy.metadata.namespace, view);
    if (!ports?.length) return all.map((peers) => ({ peers, ports: null }));
    const isNamed = (port: PolicyPort) => typeof port.port === 'string';
    const numbered = ports.filter((port) => !isNamed(port)).flatMap((port) => rangeOf(port, null));
    const plain = numbered.length === 0 ? [] : all.map((peers) => ({ peers, ports: numbered }));
    return [...plain, ...ports.filter(isNamed).flatMap((port) => byName(port, all, view))];
  });
}

/** A named port is another number at every pod that has it; who is no pod has no names. */
function byName(port: PolicyPort, all: readonly Peers[], { pods }: ClusterView): Allowed[] {
  const meant = pods.filter(({ address }) =>
    all.some((peers) => peers.kind === 'anybody' || (peers.kind === 'pods' && peers.addresses.includes(address))),
  );
  return meant.flatMap(({ address, pod }) => {
    const ports = rangeOf(port, pod);
    return ports.length === 0 ? [] : [{ peers: { kind: 'pods', addresses: [address] } as const, ports }];
  });
}

function peersOf(peers: readonly PolicyPeer[] | null | undefined, namespace: string, view: ClusterView): Peers[] {
  if (!peers?.length) return [{ kind: 'anybody' }];
  return peers.flatMap((peer): Peers[] => {
    const { ipBlock } = peer;
    if (ipBlock) return [{ kind: 'block', cidr: ipBlock.cidr, except: ipBlock.except ?? [] }];
    const addresses = view.pods.filter(({ pod }) => isMeant(peer, pod, namespace, view)).map(({ address }) => address);
    return addresses.length === 0 ? [] : [{ kind: 'pods', addresses }];
  });
}

function isMeant(
  { podSelector, namespaceSelector }: PolicyPeer,
  { metadata }: PolicyPod,
  namespace: string,
  { namespaces }: ClusterView,
): boolean {
  if (podSelector && !selects(podSelector, metadata.labels ?? {})) return false;
  if (!namespaceSelector) return metadata.namespace === namespace;
  const home = namespaces.find(({ metadata: { name } }) => name === metadata.namespace);
  return home !== undefined && selects(namespaceSelector, home.metadata.labels ?? {});
}

/** Nothing where the pod has no port of that name. */
function rangeOf({ protocol, port, endPort }: PolicyPort, pod: PolicyPod | null): PortRange[] {
  const inNft = protocol.toLowerCase() as PortRange['protocol'];
  if (port == null) return [{ protocol: inNft, range: null }];
  if (typeof port === 'number') return [{ protocol: inNft, range: { from: port, to: endPort ?? port } }];
  const found = (pod?.spec.containers ?? [])
    .flatMap((container) => container.ports ?? [])
    .find((one) => one.name === port && one.protocol === protocol);
  if (found === undefined) return [];
  return [{ protocol: inNft, range: { from: found.containerPort, to: found.containerPort } }];
}
