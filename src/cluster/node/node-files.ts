import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodePlan } from '../node-plan.ts';
import { registryPort } from '../node-plan.ts';
import { dnsPort } from './firewall.ts';
import { pluginFolder, policyPlugin } from './policy/cni-plugin.ts';
import { inside } from './prepare-namespace.ts';

/** In the private /run: outside, nobody needs it, and a data folder's path may be too long for a socket. */
export const containerdSocket = '/run/containerd/containerd.sock';
export const pauseImage = 'localhost/greenroom-pause:1';

/** Writes the parts' configuration files to `config/` of the cluster's folder. JSON is YAML too. */
export async function writeNodeFiles(plan: NodePlan): Promise<void> {
  const config = join(inside, 'config');
  const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  for (const folder of [
    config,
    join(config, 'cni'),
    ...['etcd', 'kubelet', 'registry', 'pod-logs'].map((name) => join(inside, name)),
  ]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const files: Record<string, string> = {
    'containerd.toml': containerdConfig(plan),
    'cni/10-greenroom.conflist': pretty(podNetwork(plan)),
    'registry.yaml': pretty(registryConfig(plan)),
    'kubelet.yaml': pretty(kubeletConfig(plan)),
    'kube-proxy.yaml': pretty(proxyConfig(plan)),
    Corefile: corefile(plan),
    // What pods must not inherit: the machine's own name servers.
    'resolv.conf': 'nameserver 127.0.0.1\n',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(config, name), content, { mode: 0o600 });
}

function containerdConfig(plan: NodePlan): string {
  const registry = `${plan.addresses.nodeAddress}:${registryPort}`;
  const { tls, login } = plan.registry;
  const table = (name: string) => `[plugins."io.containerd.grpc.v1.cri".${name}]`;
  const unused = ['aufs', 'btrfs', 'devmapper', 'zfs'].map((name) => `"io.containerd.snapshotter.v1.${name}"`);
  const lines = ['version = 2', `root = "${inside}/containerd"`, 'state = "/run/containerd"'];
  lines.push(`disabled_plugins = [${unused.join(', ')}]`);
  lines.push('[grpc]', `address = "${containerdSocket}"`);
  lines.push('[plugins."io.containerd.internal.v1.opt"]', `path = "${inside}/containerd/opt"`);
  lines.push('[plugins."io.containerd.grpc.v1.cri"]', `sandbox_image = "${pauseImage}"`);
  // Lowering oom_score_adj needs CAP_SYS_RESOURCE, which not every machine gives.
  lines.push('restrict_oom_score_adj = true');
  lines.push(table('cni'), `bin_dir = "${pluginFolder}"`, `conf_dir = "${inside}/config/cni"`);
  lines.push(table(`registry.mirrors."${registry}"`), `endpoint = ["${tls ? 'https' : 'http'}://${registry}"]`);
  if (tls) lines.push(table(`registry.configs."${registry}".tls`), `ca_file = "${inside}/pki/ca.crt"`);
  if (login) {
    lines.push(table(`registry.configs."${registry}".auth`));
    lines.push(`username = ${JSON.stringify(login.username)}`, `password = ${JSON.stringify(login.password)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Routed, not bridged: all that pods say to each other passes the node's rules, without a kernel module for bridges. */
function podNetwork(plan: NodePlan) {
  const ipam = {
    type: 'host-local',
    // Leases of pods of an earlier start mean nothing: those pods are gone.
    dataDir: '/run/cni',
    ranges: [[{ subnet: plan.addresses.podNetwork }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return {
    cniVersion: '1.0.0',
    name: 'greenroom',
    plugins: [{ type: 'ptp', ipMasq: false, ipam }, { type: policyPlugin }],
  };
}

function registryConfig(plan: NodePlan) {
  const { tls, login } = plan.registry;
  const certificate = { certificate: `${inside}/pki/node.crt`, key: `${inside}/pki/node.key` };
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: `${inside}/registry` }, delete: { enabled: true } },
    http: { addr: `${plan.addresses.nodeAddress}:${registryPort}`, ...(tls && { tls: certificate }) },
    ...(login && { auth: { htpasswd: { realm: 'greenroom', path: `${inside}/config/htpasswd` } } }),
  };
}

function kubeletConfig(plan: NodePlan) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${inside}/pki/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    clusterDomain: 'cluster.local',
    clusterDNS: [plan.addresses.dnsAddress],
    resolvConf: `${inside}/config/resolv.conf`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/greenroom-${plan.id}`,
    failCgroupV1: false,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    tlsCertFile: `${inside}/pki/kubelet.crt`,
    tlsPrivateKeyFile: `${inside}/pki/kubelet.key`,
    podLogsDir: `${inside}/pod-logs`,
    volumePluginDir: `${inside}/kubelet/volume-plugins`,
    containerLogMaxSize: '50Mi',
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '200Mi', 'imagefs.available': '200Mi' },
    evictionPressureTransitionPeriod: '30s',
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    makeIPTablesUtilChains: false,
    maxPods: 250,
    // All pods share the machine's process ids with the machine itself. Threads count, of which a browser has hundreds.
    podPidsLimit: 2048,
    serializeImagePulls: false,
    registryPullQPS: 0,
    eventRecordQPS: 0,
    kubeAPIQPS: 200,
    kubeAPIBurst: 400,
  };
}

function proxyConfig(plan: NodePlan) {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: `${inside}/config/kube-proxy.kubeconfig`, qps: 100, burst: 200 },
    mode: 'nftables',
    nftables: { minSyncPeriod: '100ms' },
    clusterCIDR: plan.addresses.podNetwork,
    hostnameOverride: 'node',
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
    // Zero leaves the machine's own connection tracking limits alone.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

/** No cache: answers come from memory as it is, so a new service is found at once. Names outside do not exist. */
function corefile(plan: NodePlan): string {
  const { nodeAddress } = plan.addresses;
  return `cluster.local:${dnsPort} in-addr.arpa:${dnsPort} {
  bind ${nodeAddress}
  errors
  ready 127.0.0.1:8181
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${inside}/config/coredns.kubeconfig
    pods insecure
    ttl 5
  }
}
.:${dnsPort} {
  bind ${nodeAddress}
  errors
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;
}
