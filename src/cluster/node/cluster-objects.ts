import type { NodePlan } from '../node-plan.ts';
import { apiPort } from '../node-plan.ts';
import { dnsPort } from './firewall.ts';
import type { NodeClient } from './node-client.ts';

/** What a cluster needs before it is one: the right of CoreDNS to read, the service that pods ask for names, and volumes for claims. */
export async function applyClusterObjects(plan: NodePlan, client: NodeClient): Promise<void> {
  for (const [path, object] of clusterObjects(plan)) {
    const url = `https://${plan.addresses.nodeAddress}:${apiPort}${path}?fieldManager=greenroom&force=true`;
    const answer = await client.request('PATCH', url, {
      type: 'application/apply-patch+yaml',
      body: JSON.stringify(object),
    });
    if (answer.status >= 300) throw new Error(`applying ${path}: ${answer.status} ${answer.body.slice(0, 500)}`);
  }
}

function clusterObjects(plan: NodePlan): [path: string, object: object][] {
  const rbac = 'rbac.authorization.k8s.io';
  const name = 'greenroom-coredns';
  const role = { apiGroup: rbac, kind: 'ClusterRole', name };
  const rules = [
    { apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  ];
  const service = { metadata: { name: 'kube-dns', namespace: 'kube-system' } };
  const slice = {
    name: 'kube-dns-node',
    namespace: 'kube-system',
    labels: { 'kubernetes.io/service-name': 'kube-dns', 'endpointslice.kubernetes.io/managed-by': 'greenroom' },
  };
  const ports = [
    { name: 'dns', protocol: 'UDP' },
    { name: 'dns-tcp', protocol: 'TCP' },
  ];
  return [
    [
      `/apis/${rbac}/v1/clusterroles/${name}`,
      { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
    ],
    [
      `/apis/${rbac}/v1/clusterrolebindings/${name}`,
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: role,
        subjects: [{ apiGroup: rbac, kind: 'User', name: 'coredns' }],
      },
    ],
    [
      '/apis/storage.k8s.io/v1/storageclasses/standard',
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
        provisioner: 'kubernetes.io/host-path',
      },
    ],
    [
      '/api/v1/namespaces/kube-system/services/kube-dns',
      {
        apiVersion: 'v1',
        kind: 'Service',
        ...service,
        spec: {
          clusterIP: plan.addresses.dnsAddress,
          ports: ports.map((port) => ({ ...port, port: 53, targetPort: dnsPort })),
        },
      },
    ],
    [
      `/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/${slice.name}`,
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: slice,
        addressType: 'IPv4',
        endpoints: [{ addresses: [plan.addresses.nodeAddress], conditions: { ready: true } }],
        ports: ports.map((port) => ({ ...port, port: dnsPort })),
      },
    ],
  ];
}
