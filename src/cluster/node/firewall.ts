import type { AddressPlan } from '../address-plan.ts';
import { registryPort } from '../node-plan.ts';

/** Where CoreDNS listens: not on 53, which kube-proxy serves at the service's address. */
export const dnsPort = 1053;

/**
 * Rules of the node's own network namespace, loaded before there is a cable or a pod. Pods reach each other, services, the node's
 * DNS and its registry (builds push there), and nothing else on the node, the host or beyond. The node opens no connection to the host,
 * so a pod in the node's network cannot either. Only the host itself comes in: what it forwards for others is dropped. Refusals are
 * answered at once, so that nobody waits for a time-out.
 */
export function renderFirewall(addresses: AddressPlan): string {
  const { hostAddress, nodeAddress, serviceNetwork, podNetwork } = addresses;
  return `table inet greenroom
delete table inet greenroom
table inet greenroom {
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmpx admin-prohibited
  }
  chain prerouting {
    type filter hook prerouting priority dstnat - 10; policy accept;
    iifname "veth*" ip daddr != { ${serviceNetwork}, ${podNetwork}, ${nodeAddress} } ct state new goto refuse
    iifname "node0" ip saddr != ${hostAddress} drop
  }
  chain input {
    type filter hook input priority filter; policy accept;
    ct state established,related accept
    iifname "veth*" ip daddr ${nodeAddress} meta l4proto { tcp, udp } th dport ${dnsPort} accept
    iifname "veth*" ip daddr ${nodeAddress} tcp dport ${registryPort} accept
    iifname "veth*" goto refuse
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    ct state established,related accept
    oifname "node0" goto refuse
  }
  chain output {
    type filter hook output priority filter; policy accept;
    ct state established,related accept
    oifname "node0" goto refuse
  }
}
`;
}
