import { dnsPort } from '../firewall.ts';
import type { Allowed, Peers, PodRules, PortRange } from './pod-rules.ts';

/**
 * The rules of all pods, as one transaction that takes the place of the one before. Only what pods begin is judged, at both its ends; answers,
 * the node (probes) and its host come in as they like. An address that no pod is known to have gets nothing. The node's DNS is open to
 * all: it is no pod that a policy could name. PURE.
 */
export function renderPolicies(pods: readonly PodRules[]): string {
  const isolated = (direction: 'ingress' | 'egress') =>
    pods.flatMap((pod) => (pod[direction] === null ? [] : `${pod.address} : jump ${chainOf(direction, pod)}`));
  const chains = pods.flatMap((pod) => [chain('egress', pod), chain('ingress', pod)]);
  return `table ip greenroom_policy
delete table ip greenroom_policy
table ip greenroom_policy {
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmp type admin-prohibited
  }
${chains.join('')}  set known {
    type ipv4_addr
${elements(pods.map(({ address }) => address))}  }
  map egress {
    type ipv4_addr : verdict
${elements(isolated('egress'))}  }
  map ingress {
    type ipv4_addr : verdict
${elements(isolated('ingress'))}  }
  chain forward {
    type filter hook forward priority filter + 10; policy accept;
    ct state established,related accept
    iifname != "veth*" accept
    ip saddr != @known goto refuse
    ip saddr vmap @egress
    ip daddr vmap @ingress
  }
  chain input {
    type filter hook input priority filter + 10; policy accept;
    ct state established,related accept
    iifname != "veth*" accept
    meta l4proto { tcp, udp } th dport ${dnsPort} accept
    ip saddr != @known goto refuse
    ip saddr vmap @egress
  }
}
`;
}

function elements(all: readonly string[]): string {
  return all.length === 0 ? '' : `    elements = { ${all.join(', ')} }\n`;
}

function chainOf(direction: 'ingress' | 'egress', { address }: PodRules): string {
  return `${direction}_${address.replaceAll('.', '_')}`;
}

function chain(direction: 'ingress' | 'egress', pod: PodRules): string {
  const allowed = pod[direction];
  if (allowed === null) return '';
  const other = direction === 'ingress' ? 'ip saddr' : 'ip daddr';
  // Nobody can be kept from itself.
  const lines = [`${other} ${pod.address} return`, ...allowed.flatMap((one) => linesOf(one, other)), 'goto refuse'];
  return `  chain ${chainOf(direction, pod)} {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`;
}

function linesOf({ peers, ports }: Allowed, other: 'ip saddr' | 'ip daddr'): string[] {
  const who = peersMatch(peers, other);
  if (who === null) return [];
  const which = ports === null ? [''] : ports.map(portMatch);
  return which.map((what) => `${who}${what}return`);
}

/** Null where it can match nothing here: the node has no IPv6. */
function peersMatch(peers: Peers, other: string): string | null {
  switch (peers.kind) {
    case 'anybody':
      return '';
    case 'pods':
      return `${other} { ${[...new Set(peers.addresses)].join(', ')} } `;
    case 'block': {
      if (peers.cidr.includes(':')) return null;
      const but = peers.except.filter((cidr) => !cidr.includes(':')).map((cidr) => `${other} != ${cidr} `);
      return `${other} ${peers.cidr} ${but.join('')}`;
    }
    default:
      return peers satisfies never;
  }
}

function portMatch({ protocol, range }: PortRange): string {
  if (range === null) return `meta l4proto ${protocol} `;
  const { from, to } = range;
  return `${protocol} dport ${from === to ? from : `${from}-${to}`} `;
}
