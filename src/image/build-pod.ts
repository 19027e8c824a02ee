import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { labels, type Ownership, ownershipAnnotations, ownershipLabels } from '../../infra/labels.ts';

/** A place that a build may talk to. */
export interface BuildPeer {
  /** Addresses; none: any, because the name is one that only the cluster can resolve. */
  addresses: string[];
  port: number;
}

export interface BuildPod {
  namespace: string;
  owner: Ownership;
  /** By digest. */
  builderImage: string;
  registry: { address: string; scheme: 'http' | 'https' };
  /** False: all images come and go by exec, and the build has no way to the registry. */
  direct: boolean;
  peers: BuildPeer[];
  buildProxy: string | null;
  pullSecret: { dockerConfigJson: string } | null;
  podTemplate: { nodeSelector?: Record<string, string>; tolerations?: unknown[] } | null;
  deadlineSeconds: number;
}

export const buildPodName = 'build';
export const buildContainer = 'build';
export const buildMemory = '2Gi';
const pullSecretName = 'greenroom-pull';
const home = '/work';

/** What stands before the pod: a namespace that the sweep would find, a fence around it, and perhaps what the kubelet needs to pull. */
export function buildSurroundings(spec: BuildPod): { namespace: KubernetesObject; others: KubernetesObject[] } {
  const { namespace, owner, pullSecret } = spec;
  return {
    namespace: {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: {
          ...ownershipLabels(owner),
          [labels.role]: 'build',
          // Not `restricted`: that demands a seccomp profile, and the default one forbids user namespaces.
          'pod-security.kubernetes.io/enforce': 'baseline',
        },
        annotations: ownershipAnnotations(owner),
      },
    },
    others: [
      buildIsolation(spec),
      ...(pullSecret === null
        ? []
        : [
            {
              apiVersion: 'v1',
              kind: 'Secret',
              metadata: { name: pullSecretName, namespace },
              type: 'kubernetes.io/dockerconfigjson',
              data: { '.dockerconfigjson': pullSecret.dockerConfigJson },
            },
          ]),
    ],
  };
}

function buildIsolation({ namespace, peers }: BuildPod): KubernetesObject {
  const dns = [53, 1053].flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ protocol, port })));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'greenroom-build', namespace },
    spec: {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      egress: [
        { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }], ports: dns },
        ...peers.map(({ addresses, port }) => ({
          ...(addresses.length === 0
            ? {}
            : { to: addresses.map((address) => ({ ipBlock: { cidr: cidrOf(address) } })) }),
          ports: [{ protocol: 'TCP', port }],
        })),
      ],
    },
  };
}

/** One address alone, as a NetworkPolicy wants it. */
export function cidrOf(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

/** An ordinary user, no token, no privilege; see `runner/images/images.yaml` for what the two capabilities are for. */
export function buildPod(spec: BuildPod): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: buildPodName, namespace: spec.namespace, labels: ownershipLabels(spec.owner) },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      activeDeadlineSeconds: spec.deadlineSeconds,
      ...spec.podTemplate,
      ...(spec.pullSecret === null ? {} : { imagePullSecrets: [{ name: pullSecretName }] }),
      securityContext: { runAsNonRoot: true, runAsUser: 10_001, runAsGroup: 10_001, fsGroup: 10_001 },
      containers: [
        {
          name: buildContainer,
          image: spec.builderImage,
          command: ['/usr/bin/sleep', String(spec.deadlineSeconds)],
          env: Object.entries(environmentOf(spec)).map(([name, value]) => ({ name, value })),
          resources: {
            requests: { cpu: '100m', memory: '256Mi', 'ephemeral-storage': '1Gi' },
            limits: { cpu: '2', memory: buildMemory, 'ephemeral-storage': '10Gi' },
          },
          securityContext: {
            // The two programs that map user ids carry a file capability, which takes effect only so.
            allowPrivilegeEscalation: true,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'], add: ['SETUID', 'SETGID'] },
          },
          volumeMounts: [
            { name: 'work', mountPath: home },
            { name: 'tmp', mountPath: '/tmp' },
            { name: 'big', mountPath: '/var/tmp' },
          ],
        },
      ],
      volumes: [
        { name: 'work', emptyDir: { sizeLimit: '10Gi' } },
        { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
        { name: 'big', emptyDir: { sizeLimit: '5Gi' } },
      ],
    },
  };
}

function environmentOf({ registry, direct, buildProxy }: BuildPod): Record<string, string> {
  const proxy =
    buildProxy === null ? {} : { HTTP_PROXY: buildProxy, HTTPS_PROXY: buildProxy, NO_PROXY: registry.address };
  return {
    HOME: home,
    TMPDIR: `${home}/tmp`,
    XDG_RUNTIME_DIR: `${home}/tmp`,
    REGISTRY: registry.address,
    REGISTRY_TLS: registry.scheme === 'https' ? 'true' : 'false',
    PULL: direct ? '--pull' : '--pull-never',
    ...proxy,
  };
}
