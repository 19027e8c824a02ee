/** What a part of Greenroom needs from the machine. */
export type DebianNeed = 'cluster' | 'images' | 'browser' | 'postgres' | 'git' | 'tests';

export interface DebianPackage {
  name: string;
  need: DebianNeed;
  /** Present when one of these exists; `*` stands for one folder's name. Other ways of installing it count as well. */
  probes: string[];
  /** systemd units that its installation would enable, and that Greenroom must not leave running. */
  units?: string[];
}

function inBin(name: string): string[] {
  return [
    `usr/bin/${name}`,
    `usr/sbin/${name}`,
    `usr/local/bin/${name}`,
    `usr/local/sbin/${name}`,
    `bin/${name}`,
    `sbin/${name}`,
  ];
}

export const debianPackages: readonly DebianPackage[] = [
  { name: 'git', need: 'git', probes: inBin('git') },
  { name: 'etcd-server', need: 'cluster', probes: inBin('etcd'), units: ['etcd.service'] },
  { name: 'containerd', need: 'cluster', probes: inBin('containerd'), units: ['containerd.service'] },
  { name: 'runc', need: 'cluster', probes: inBin('runc') },
  { name: 'containernetworking-plugins', need: 'cluster', probes: ['usr/lib/cni/bridge', 'opt/cni/bin/bridge'] },
  { name: 'docker-registry', need: 'cluster', probes: inBin('docker-registry'), units: ['docker-registry.service'] },
  { name: 'nftables', need: 'cluster', probes: inBin('nft') },
  { name: 'conntrack', need: 'cluster', probes: inBin('conntrack') },
  { name: 'iproute2', need: 'cluster', probes: inBin('ip') },
  { name: 'openssl', need: 'cluster', probes: inBin('openssl') },
  { name: 'buildah', need: 'images', probes: inBin('buildah') },
  { name: 'uidmap', need: 'images', probes: inBin('newuidmap') },
  { name: 'libcap2-bin', need: 'tests', probes: inBin('getcap') },
  { name: 'chromium', need: 'browser', probes: ['usr/lib/chromium/chromium'] },
  { name: 'fonts-liberation', need: 'browser', probes: ['usr/share/fonts/truetype/liberation'] },
  {
    name: 'postgresql',
    need: 'postgres',
    probes: ['usr/lib/postgresql/*/bin/postgres'],
    units: ['postgresql.service'],
  },
];
