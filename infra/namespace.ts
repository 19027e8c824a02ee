import { type EnvironmentSpec, type KubernetesObject, suitesNamespaceOf } from './environment-spec.ts';
import { labels, type NamespaceRole, ownershipAnnotations, ownershipLabels } from './labels.ts';

type EnvironmentRole = Extract<NamespaceRole, 'application' | 'suites'>;

/**
 * A namespace that is ours from its first instant: the labels are part of the create request, so that the sweep can find
 * it whatever happens next. The suites' namespace is always `restricted`: nothing in it needs more.
 */
export function namespaceOf(spec: EnvironmentSpec, role: EnvironmentRole): KubernetesObject {
  const level = role === 'suites' ? 'restricted' : spec.podSecurity;
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespaceNameOf(spec, role),
      labels: {
        ...ownershipLabels(spec.owner),
        [labels.role]: role,
        'pod-security.kubernetes.io/enforce': level,
        'pod-security.kubernetes.io/enforce-version': 'latest',
      },
      annotations: ownershipAnnotations(spec.owner),
    },
  };
}

export function namespaceNameOf(spec: EnvironmentSpec, role: EnvironmentRole): string {
  return role === 'suites' ? suitesNamespaceOf(spec.name) : spec.name;
}
