/** What Greenroom does in a cluster, as the rules of docs/rbac.yaml have it. */
export interface Rights {
  /** Empty for the core. */
  group: string;
  /** With the subresource, such as `pods/log`. */
  resources: readonly string[];
  verbs: readonly string[];
}

/** An object of an environment is made and patched; it goes with its namespace. */
const made = ['create', 'get', 'list', 'watch', 'patch'] as const;

export const neededRights: readonly Rights[] = [
  { group: '', resources: ['namespaces'], verbs: [...made, 'delete'] },
  { group: '', resources: ['nodes', 'persistentvolumes', 'events'], verbs: ['list'] },
  { group: 'apiregistration.k8s.io', resources: ['apiservices'], verbs: ['list'] },
  {
    group: '',
    resources: [
      ...['configmaps', 'limitranges', 'persistentvolumeclaims', 'resourcequotas'],
      ...['secrets', 'serviceaccounts', 'services'],
    ],
    verbs: made,
  },
  { group: 'apps', resources: ['deployments', 'statefulsets'], verbs: made },
  { group: 'batch', resources: ['cronjobs', 'jobs'], verbs: made },
  { group: 'autoscaling', resources: ['horizontalpodautoscalers'], verbs: made },
  { group: 'policy', resources: ['poddisruptionbudgets'], verbs: made },
  { group: 'networking.k8s.io', resources: ['ingresses', 'networkpolicies'], verbs: made },
  { group: '', resources: ['pods'], verbs: ['create', 'get', 'list', 'watch', 'delete', 'deletecollection'] },
  { group: '', resources: ['pods/log', 'services/proxy'], verbs: ['get'] },
  { group: '', resources: ['pods/exec'], verbs: ['create', 'get'] },
  { group: 'apps', resources: ['controllerrevisions', 'replicasets'], verbs: ['list'] },
  { group: 'discovery.k8s.io', resources: ['endpointslices'], verbs: ['list'] },
];
