import type { NetworkPolicies } from '../../verdict/verdict-document.ts';

/** What the probe saw between its two pods, one of which the policies speak of: `inward` is to it, `outward` from it. */
export interface PolicySight {
  /** Where the pods ran. */
  nodes: readonly string[];
  /** Without any policy: do they reach each other? */
  before: { inward: boolean; outward: boolean };
  /** Under a policy that denies ingress: did what it denies end in time, and does what it does not speak of go on? */
  ingressDenied: { inwardEnded: boolean; outwardGoesOn: boolean } | null;
  /** Under one more that denies egress. */
  egressDenied: { outwardEnded: boolean } | null;
  /** Both still answer themselves in the end: what did not come through was not sent to the dead. */
  alive: boolean;
}

/** PURE. An open connection under a policy that denies it proves that policies do not hold; all else needs the control beside it. */
export function judgePolicies(sight: PolicySight): NetworkPolicies {
  const { before, ingressDenied, egressDenied } = sight;
  if (!before.inward || !before.outward) {
    return unknown('pods cannot reach each other even without a policy, so that one proves nothing');
  }
  const ignored = [
    ...(ingressDenied?.inwardEnded === false ? ['ingress'] : []),
    ...(egressDenied?.outwardEnded === false ? ['egress'] : []),
  ];
  if (ignored.length > 0) {
    return {
      enforced: 'no',
      detail: `${ignored.join(' and ')} went on under a policy that denies it${between(sight)}`,
    };
  }
  if (ingressDenied === null || egressDenied === null) return unknown('the probe came to no end');
  if (!ingressDenied.outwardGoesOn) return unknown('under a policy on ingress alone egress ended as well');
  if (!sight.alive) return unknown('the pods of the probe went silent by themselves');
  return { enforced: 'yes', detail: `ingress and egress ended under policies that deny them${between(sight)}` };
}

export function unknown(detail: string): NetworkPolicies {
  return { enforced: 'unknown', detail };
}

function between({ nodes }: PolicySight): string {
  const names = [...new Set(nodes.filter(Boolean))].map((name) => `"${name}"`);
  if (names.length === 0) return '';
  return names.length === 1 ? `, on node ${names[0]}` : `, between nodes ${names.join(' and ')}`;
}
