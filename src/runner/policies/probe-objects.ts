import type { EnvironmentSpec, KubernetesObject } from '../../../infra/environment-spec.ts';
import { serviceAccountName } from '../../../infra/isolation.ts';
import { labels, type Ownership, ownershipAnnotations, ownershipLabels } from '../../../infra/labels.ts';

/** What the probe of a cluster's NetworkPolicies is made of. */
export interface ProbeSpec extends Pick<EnvironmentSpec, 'pullSecret' | 'podTemplate'> {
  namespace: string;
  owner: Ownership;
  /** Any with Node at its usual place; by digest. */
  image: string;
  /** What our pods answer with: nobody else's answer counts. */
  word: string;
  /** The pods end by themselves then, whatever became of us. */
  deadlineSeconds: number;
}

/** The one that policies speak of, and the one that nobody fences in. */
export const probePods = ['fenced', 'peer'] as const;
export type ProbePod = (typeof probePods)[number];
export const probeContainer = 'probe';

/** User and group of the runner images (runner/README.md). */
const runnerUser = 10_001;
const port = 8080;
const dialMs = 2_000;

const listen = `require('node:net').createServer((socket) => socket.on('error', () => {}).end(process.env.WORD)).listen(${port});`;
/** A connection that somebody on the way accepted is none: only the other pod knows the word. */
const dial = `
const [host, word] = process.argv.slice(1);
let said = '';
const end = () => { console.log(said === word ? 'open' : 'closed'); process.exit(); };
const socket = require('node:net').connect({ host, port: ${port}, timeout: ${dialMs} });
socket.on('data', (data) => { said += data; }).on('end', end).on('error', end).on('timeout', end);`;

/** Says `open` or `closed`. */
export function dialCommand(address: string, { word }: Pick<ProbeSpec, 'word'>): string[] {
  return ['/usr/bin/node', '-e', dial, address, word];
}

/** Ours from its first instant, so that the sweep finds it whatever happens next. */
export function probeNamespace({ namespace, owner }: ProbeSpec): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespace,
      labels: {
        ...ownershipLabels(owner),
        [labels.role]: 'probe',
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/enforce-version': 'latest',
      },
      annotations: ownershipAnnotations(owner),
    },
  };
}

/** As strict as the pods of suites. */
export function probePod(spec: ProbeSpec, name: ProbePod): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: spec.namespace, labels: { ...ownershipLabels(spec.owner), app: name } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      activeDeadlineSeconds: spec.deadlineSeconds,
      serviceAccountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: runnerUser,
        runAsGroup: runnerUser,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      ...spec.podTemplate,
      containers: [
        {
          name: probeContainer,
          image: spec.image,
          command: ['/usr/bin/node', '-e', listen],
          env: [{ name: 'WORD', value: spec.word }],
          resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '192Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}

/** Nothing comes in to, or goes out of, the fenced pod. Neither is taken back: the rights to that are not needed elsewhere. */
export function denial({ namespace }: ProbeSpec, direction: 'Ingress' | 'Egress'): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `no-${direction.toLowerCase()}`, namespace },
    spec: { podSelector: { matchLabels: { app: 'fenced' } }, policyTypes: [direction] },
  };
}
