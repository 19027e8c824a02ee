import type { EgressRule, EnvironmentSpec, KubernetesObject } from './environment-spec.ts';
import { labels } from './labels.ts';
import { namespaceNameOf } from './namespace.ts';
import { entryTarget } from './preview.ts';

/** The only ServiceAccount in use: no token, no rights; it carries the pull secret. */
export const serviceAccountName = 'greenroom';
export const pullSecretName = 'greenroom-pull';

/** What "any address" must never mean: the cluster's own networks, the nodes, clouds' metadata services. */
const privateNetworks = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
];
/** Where NodeLocal DNSCache listens on clusters that have it. */
const nodeLocalDns = '169.254.20.10/32';

/** Deny by default, then: names, inside the application, from the suites, from people, and the declared egress. */
export function applicationIsolation(spec: EnvironmentSpec): KubernetesObject[] {
  const namespace = namespaceNameOf(spec, 'application');
  const fromSuites = { namespaceSelector: namespaceNamed(namespaceNameOf(spec, 'suites')) };
  return [
    ...accountWithoutRights(spec, namespace),
    denyAll(namespace),
    allowDns(namespace),
    policy(
      namespace,
      'inside',
      {},
      { ingress: [{ from: [{ podSelector: {} }] }], egress: [{ to: [{ podSelector: {} }] }] },
    ),
    policy(namespace, 'from-suites', {}, { ingress: [{ from: [fromSuites] }] }),
    ...fromPreview(spec, namespace),
    ...(spec.egress.length > 0 ? [policy(namespace, 'egress', {}, { egress: spec.egress.map(egressOf) })] : []),
  ];
}

/** Suites reach names, the application, their own declared egress and where their packages come from; nothing reaches them. */
export function suitesIsolation(spec: EnvironmentSpec): KubernetesObject[] {
  const namespace = namespaceNameOf(spec, 'suites');
  const application = { namespaceSelector: namespaceNamed(namespaceNameOf(spec, 'application')) };
  const ownEgress = spec.suites.flatMap((suite) => {
    const rules = [
      ...suite.egress.map((text) => egressRuleOf(text, spec)),
      ...(suite.packagesFrom ? [suite.packagesFrom] : []),
    ];
    const podSelector = { matchLabels: { [labels.suite]: suite.name } };
    if (rules.length === 0) return [];
    return [policy(namespace, `egress-${suite.name}`, podSelector, { egress: rules.map(egressOf) })];
  });
  return [
    ...accountWithoutRights(spec, namespace),
    denyAll(namespace),
    allowDns(namespace),
    policy(namespace, 'to-application', {}, { egress: [{ to: [application] }] }),
    ...ownEgress,
  ];
}

/**
 * An ingress controller stands in some namespace that nobody tells us: the entry's port is open to all that are no
 * environment. Those carry our label, whichever installation made them.
 */
function fromPreview(spec: EnvironmentSpec, namespace: string): KubernetesObject[] {
  const target = spec.preview === null ? null : entryTarget(spec);
  if (target === null) return [];
  const others = { namespaceSelector: { matchExpressions: [{ key: labels.instance, operator: 'DoesNotExist' }] } };
  const { podLabels, port, protocol } = target;
  const ingress = [{ from: [others], ports: [{ protocol, port }] }];
  return [policy(namespace, 'from-preview', { matchLabels: podLabels }, { ingress })];
}

/** Before it, where the kubelet needs one to pull, the secret that it names. */
export function accountWithoutRights(spec: Pick<EnvironmentSpec, 'pullSecret'>, namespace: string): KubernetesObject[] {
  const account: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: serviceAccountName, namespace },
    automountServiceAccountToken: false,
  };
  if (!spec.pullSecret) return [account];
  const secret: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: pullSecretName, namespace },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': spec.pullSecret.dockerConfigJson },
  };
  return [secret, { ...account, imagePullSecrets: [{ name: pullSecretName }] }];
}

function denyAll(namespace: string): KubernetesObject {
  return policyObject(namespace, 'deny-all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
}

function allowDns(namespace: string): KubernetesObject {
  const ports = [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ];
  const to = [{ namespaceSelector: namespaceNamed('kube-system') }, { ipBlock: { cidr: nodeLocalDns } }];
  return policy(namespace, 'dns', {}, { egress: [{ to, ports }] });
}

function egressOf(rule: EgressRule): object {
  const anywhere = [{ ipBlock: { cidr: '0.0.0.0/0', except: privateNetworks } }];
  const named = rule.cidrs.map((cidr) => ({ ipBlock: { cidr } }));
  return { to: named.length > 0 ? named : anywhere, ports: [{ protocol: 'TCP', port: rule.port }] };
}

/** With the addresses that the environment's own rule has for it, where there is one. */
function egressRuleOf(hostAndPort: string, { egress }: EnvironmentSpec): EgressRule {
  const known = egress.find(({ host, port }) => `${host}:${port}` === hostAndPort);
  const at = hostAndPort.lastIndexOf(':');
  return known ?? { host: hostAndPort.slice(0, at), port: Number(hostAndPort.slice(at + 1)), cidrs: [] };
}

function namespaceNamed(name: string): object {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}

function policy(
  namespace: string,
  name: string,
  podSelector: object,
  rules: { ingress?: object[]; egress?: object[] },
): KubernetesObject {
  const policyTypes = [...(rules.ingress ? ['Ingress'] : []), ...(rules.egress ? ['Egress'] : [])];
  return policyObject(namespace, name, { podSelector, policyTypes, ...rules });
}

function policyObject(namespace: string, name: string, spec: object): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `greenroom-${name}`, namespace },
    spec,
  };
}
