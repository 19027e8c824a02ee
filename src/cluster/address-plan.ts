/** The addresses of one cluster: a /20, of which the host's link, the services and the pods get a part each. */
export interface AddressPlan {
  block: string;
  hostAddress: string;
  nodeAddress: string;
  linkPrefix: number;
  serviceNetwork: string;
  apiServiceAddress: string;
  dnsAddress: string;
  podNetwork: string;
}

/** Private ranges that are seldom used, the best first; 198.18.0.0/15 is kept for benchmarks (RFC 2544). */
const ranges = ['10.248.0.0/14', '172.28.0.0/14', '198.18.0.0/15'];
const blockPrefix = 20;
const blockSize = 2 ** (32 - blockPrefix);

export function addressPlan(block: string): AddressPlan {
  const start = parseNetwork(block).first;
  return {
    block,
    hostAddress: formatAddress(start + 1),
    nodeAddress: formatAddress(start + 2),
    linkPrefix: 30,
    serviceNetwork: `${formatAddress(start + 1024)}/22`,
    apiServiceAddress: formatAddress(start + 1024 + 1),
    dnsAddress: formatAddress(start + 1024 + 10),
    podNetwork: `${formatAddress(start + 2048)}/21`,
  };
}

/**
 * The first free block, from a place that differs from cluster to cluster, so that a cluster that is down
 * finds its addresses free again. Null when everything is taken.
 * @param id the cluster's, eight hexadecimal digits
 * @param taken networks and addresses in use on this machine
 */
export function chooseAddressPlan(id: string, taken: string[]): AddressPlan | null {
  for (const range of ranges) {
    const { first, last } = parseNetwork(range);
    const blocks = (last - first + 1) / blockSize;
    const offset = Number.parseInt(id, 16) % blocks;
    for (let index = 0; index < blocks; index += 1) {
      const block = `${formatAddress(first + ((offset + index) % blocks) * blockSize)}/${blockPrefix}`;
      if (isFree(block, taken)) return addressPlan(block);
    }
  }
  return null;
}

/** Default routes, also a VPN's in halves (0.0.0.0/1), say nothing about what is in use. */
export function isFree(block: string, taken: string[]): boolean {
  const wanted = parseNetwork(block);
  return taken.every((network) => {
    const { first, last } = parseNetwork(network);
    return last - first >= 2 ** 30 || first > wanted.last || last < wanted.first;
  });
}

function parseNetwork(network: string): { first: number; last: number } {
  const [address = '', prefix = '32'] = network.split('/');
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  const first = Math.floor(value / size) * size;
  return { first, last: first + size - 1 };
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
