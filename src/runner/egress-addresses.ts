import { lookup } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';
import { cidrOf } from '../image/build-pod.ts';

/** What no name may lead a stranger to: the cluster's and the operator's own networks, clouds' metadata services. */
const inner = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  inner.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  inner.addSubnet(net, prefix, 'ipv6');

/** Whether an address is one of the public internet's. PURE. */
export function isPublic(address: string): boolean {
  return !inner.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * The public addresses of the hosts of `host:port` rules, as they are now; none of a host that cannot be looked up, such as one
 * with a `*`. @param look a look-up of names
 */
export async function egressAddresses(
  rules: readonly string[],
  look: (host: string) => Promise<string[]> = addressesOf,
): Promise<Record<string, string[]>> {
  const hosts = [...new Set(rules.map((rule) => rule.slice(0, rule.lastIndexOf(':'))))];
  const found = hosts.map(async (host) => {
    const addresses = host.includes('*') ? [] : await look(host).catch(() => []);
    return [host, addresses.filter(isPublic).map(cidrOf)] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

async function addressesOf(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
