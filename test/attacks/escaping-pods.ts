import type { Attempt, podAttempts } from './attempts.ts';

type PodId = typeof podAttempts extends readonly Attempt<infer Id>[] ? Id : never;

/** As Pod Security `restricted` wants it: nothing is wrong with it but what it asks for. */
const security = {
  ...{ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true, runAsUser: 10_001 },
  seccompProfile: { type: 'RuntimeDefault' },
};

function container(asks: object = {}, more: object = {}): object {
  const resources = { limits: { memory: '32Mi', cpu: '10m' } };
  return { name: 'x', image: 'x', resources, securityContext: { ...security, ...asks }, ...more };
}

/** The control: no level has anything against it. */
export const modestPod: object = { containers: [container()] };

/** Pods that would reach the node, as they would be if nothing had looked at the manifests before; and the word that names what is wrong. */
export const escapingPods: Record<PodId, { spec: object; word: RegExp }> = {
  privileged: {
    spec: { containers: [container({ privileged: true, allowPrivilegeEscalation: true })] },
    word: /securityContext\.privileged=true/,
  },
  'host-path': {
    spec: { containers: [container()], volumes: [{ name: 'node', hostPath: { path: '/' } }] },
    word: /hostPath/,
  },
  'host-network': { spec: { containers: [container()], hostNetwork: true }, word: /hostNetwork=true/ },
  'host-pid': { spec: { containers: [container()], hostPID: true }, word: /hostPID=true/ },
  'host-port': {
    spec: { containers: [container({}, { ports: [{ containerPort: 10_250, hostPort: 10_250 }] })] },
    word: /hostPort 10250/,
  },
  capability: {
    spec: { containers: [container({ capabilities: { drop: ['ALL'], add: ['SYS_PTRACE'] } })] },
    word: /SYS_PTRACE/,
  },
  unconfined: { spec: { containers: [container({ seccompProfile: { type: 'Unconfined' } })] }, word: /seccompProfile/ },
  sysctl: {
    spec: { containers: [container()], securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
    word: /kernel\.msgmax/,
  },
};
