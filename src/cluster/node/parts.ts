import type { PartName } from '../embedded-cluster.ts';
import type { NodePlan } from '../node-plan.ts';
import { apiPort, registryPort } from '../node-plan.ts';
import { containerdSocket } from './node-files.ts';
import { databaseFolder, inside } from './prepare-namespace.ts';

/** Steps that are done once per start, between parts. */
export type StepName = PartName | 'pause-image' | 'cluster-objects' | 'policies';

export type Probe = { kind: 'http'; url: string; accept: number[] } | { kind: 'socket'; path: string };

export interface Part {
  name: PartName;
  /** Started when these have answered for the first time. */
  after: StepName[];
  command: string;
  args: string[];
  probe: Probe;
}

const http = (url: string, ...accept: number[]): Probe => ({ kind: 'http', url, accept: [200, ...accept] });
const kubeconfigOf = (name: PartName): string => `${inside}/config/${name}.kubeconfig`;
const served = [
  '--tls-cert-file',
  `${inside}/pki/node.crt`,
  '--tls-private-key-file',
  `${inside}/pki/node.key`,
  '--bind-address',
  '127.0.0.1',
];
/** One machine serves few people: nobody has to be held back. */
const unhurried = ['--kube-api-qps', '200', '--kube-api-burst', '400'];

const etcd = 'http://127.0.0.1:2379';

/** Everything that a node is made of, in order. */
export function nodeParts(plan: NodePlan): Part[] {
  return [...stores(plan), ...controlPlane(plan), ...nodeAgents(plan)];
}

function stores({ registry, addresses }: NodePlan): Part[] {
  return [
    {
      name: 'etcd',
      after: [],
      command: 'etcd',
      args: [
        ...['--data-dir', databaseFolder, '--listen-client-urls', etcd, '--advertise-client-urls', etcd],
        ...['--listen-peer-urls', 'http://127.0.0.1:2380', '--logger', 'zap'],
        // It elects itself, alone: waiting a second for others only delays the start.
        ...['--heartbeat-interval', '20', '--election-timeout', '200'],
      ],
      probe: http(`${etcd}/health`),
    },
    {
      name: 'containerd',
      after: [],
      command: 'containerd',
      args: ['--config', `${inside}/config/containerd.toml`],
      // It listens when all its plugins are loaded.
      probe: { kind: 'socket', path: containerdSocket },
    },
    {
      name: 'registry',
      after: [],
      command: 'docker-registry',
      args: ['serve', `${inside}/config/registry.yaml`],
      probe: http(`${registry.tls ? 'https' : 'http'}://${addresses.nodeAddress}:${registryPort}/v2/`, 401),
    },
  ];
}

function controlPlane(plan: NodePlan): Part[] {
  const { tools, addresses } = plan;
  return [
    {
      name: 'kube-apiserver',
      after: [],
      command: tools['kube-apiserver'],
      args: apiServerArgs(plan),
      probe: http(`https://${addresses.nodeAddress}:${apiPort}/readyz`),
    },
    {
      name: 'kube-controller-manager',
      after: ['kube-apiserver'],
      command: tools['kube-controller-manager'],
      args: controllerArgs(plan),
      probe: http('https://127.0.0.1:10257/healthz'),
    },
    {
      name: 'kube-scheduler',
      after: ['kube-apiserver'],
      command: tools['kube-scheduler'],
      args: ['--kubeconfig', kubeconfigOf('kube-scheduler'), '--leader-elect=false', ...served, ...unhurried],
      probe: http('https://127.0.0.1:10259/healthz'),
    },
  ];
}

function nodeAgents({ tools, addresses }: NodePlan): Part[] {
  return [
    {
      name: 'kubelet',
      after: ['kube-apiserver', 'pause-image', 'policies'],
      command: tools.kubelet,
      args: [
        ...[
          '--config',
          `${inside}/config/kubelet.yaml`,
          '--kubeconfig',
          kubeconfigOf('kubelet'),
          '--root-dir',
          `${inside}/kubelet`,
        ],
        ...['--hostname-override', 'node', '--node-ip', addresses.nodeAddress],
      ],
      probe: http('http://127.0.0.1:10248/healthz'),
    },
    {
      name: 'kube-proxy',
      after: ['kube-apiserver'],
      command: tools['kube-proxy'],
      args: ['--config', `${inside}/config/kube-proxy.yaml`],
      probe: http('http://127.0.0.1:10256/healthz'),
    },
    {
      name: 'coredns',
      after: ['cluster-objects'],
      command: tools.coredns,
      args: ['-conf', `${inside}/config/Corefile`],
      probe: http('http://127.0.0.1:8181/ready'),
    },
  ];
}

function apiServerArgs(plan: NodePlan): string[] {
  const { nodeAddress, serviceNetwork } = plan.addresses;
  const pki = (file: string) => `${inside}/pki/${file}`;
  return [
    ...[
      '--etcd-servers',
      etcd,
      '--bind-address',
      nodeAddress,
      '--advertise-address',
      nodeAddress,
      '--secure-port',
      String(apiPort),
    ],
    ...[
      '--service-cluster-ip-range',
      serviceNetwork,
      '--allow-privileged',
      '--anonymous-auth=false',
      '--profiling=false',
    ],
    ...[
      '--tls-cert-file',
      pki('apiserver.crt'),
      '--tls-private-key-file',
      pki('apiserver.key'),
      '--client-ca-file',
      pki('ca.crt'),
    ],
    ...[
      '--service-account-issuer',
      'https://kubernetes.default.svc',
      '--service-account-key-file',
      pki('service-accounts.pub'),
    ],
    ...['--service-account-signing-key-file', pki('service-accounts.key')],
    ...['--authorization-mode', 'Node,RBAC', '--enable-admission-plugins', 'NodeRestriction'],
    ...[
      '--kubelet-client-certificate',
      pki('apiserver-kubelet-client.crt'),
      '--kubelet-client-key',
      pki('apiserver-kubelet-client.key'),
    ],
    // The node's name is known to nobody's DNS: `logs` and `exec` go by address.
    ...['--kubelet-certificate-authority', pki('ca.crt'), '--kubelet-preferred-address-types', 'InternalIP'],
  ];
}

function controllerArgs(plan: NodePlan): string[] {
  return [
    ...[
      '--kubeconfig',
      kubeconfigOf('kube-controller-manager'),
      '--leader-elect=false',
      '--use-service-account-credentials',
    ],
    ...[
      '--service-account-private-key-file',
      `${inside}/pki/service-accounts.key`,
      '--root-ca-file',
      `${inside}/pki/ca.crt`,
    ],
    ...[
      '--cluster-cidr',
      plan.addresses.podNetwork,
      '--allocate-node-cidrs=false',
      '--concurrent-namespace-syncs',
      '20',
    ],
    ...['--flex-volume-plugin-dir', `${inside}/kubelet/volume-plugins`, '--enable-hostpath-provisioner'],
    ...served,
    ...unhurried,
  ];
}
