import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { environmentRooms } from '../../infra/environment-rooms.ts';
import type { KubernetesObject } from '../../infra/environment-spec.ts';
import { labels } from '../../infra/labels.ts';
import { admit } from '../../src/environment/admit.ts';
import { neededRights } from '../../src/kubernetes/needed-rights.ts';
import { aDeployment, aService, aSpec, sourced } from '../environment/builders.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const root = join(import.meta.dirname, '../..');
const documents = parseAllDocuments(readFileSync(join(root, 'docs/rbac.yaml'), 'utf8')).map(
  (document) => document.toJS() as KubernetesObject & { rules: Rule[] },
);
const { rules = [] } = documents.find(({ kind }) => kind === 'ClusterRole') ?? {};

function idsOf(groups: readonly string[], resources: readonly string[], verbs: readonly string[]): string[] {
  return groups.flatMap((group) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
  );
}

/** `group/resource`, with a `/subresource` where there is one. */
function verbsOn(id: string): string[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.map((resource) => `${group}/${resource}`)).includes(id) ? verbs : [],
  );
}

/** PURE. What a path of Kubernetes' API in a source speaks of; a part that is only known at run time is left out. */
function resourcesIn(source: string): string[] {
  const found = [...source.matchAll(/[`'"](?:\$\{path\})?\/(api\/v1|apis\/[a-z0-9.]+\/v\d\w*)((?:\/[^`'"?\s]*)?)/g)];
  return found.flatMap(([, root = '', rest = '']) => {
    const group = root === 'api/v1' ? '' : (root.split('/')[1] ?? '');
    const [, first = '', second, third, , fifth] = rest.split('/');
    const resource = first === 'namespaces' && third !== undefined ? third : first;
    const subresource = first === 'namespaces' && third !== undefined ? fifth : undefined;
    if (!/^[a-z]+$/.test(resource) || (second === '' && first === '')) return [];
    return [
      `${group}/${resource}${subresource !== undefined && /^[a-z]+$/.test(subresource) ? `/${subresource}` : ''}`,
    ];
  });
}

/** Sources that talk to a cluster which is not ours to prepare; `cluster/` runs the embedded one. */
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('cluster/') && !name.includes('stand-in'))
  .map((name) => readFileSync(join(root, 'src', name), 'utf8'));
/** Everybody may ask for one's own rights. */
const grantedToAll = 'authorization.k8s.io/selfsubjectaccessreviews';
const called = [...new Set(sources.flatMap(resourcesIn))].filter((id) => id !== grantedToAll).sort();

function idOf({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const word = kind.toLowerCase();
  return `${group}/${word.endsWith('y') ? `${word.slice(0, -1)}ies` : word.endsWith('s') ? `${word}es` : `${word}s`}`;
}

/** All that Greenroom makes itself: `infra/` with everything switched on. */
const { application, suites } = environmentRooms(
  aSpec({
    egress: [{ host: 'a.test', port: 443, cidrs: [] }],
    pullSecret: { dockerConfigJson: 'e30=' },
    preview: { host: 'a.test', scheme: 'https', ingressClass: null },
    objects: [aDeployment('web'), aService('web', 8080)],
  }),
);
const made = [application, suites].flatMap(({ guards, passive, workloads }) => [...guards, ...passive, ...workloads]);
/** All that a change may bring, by what `admit` says of every kind of Kubernetes that there might be. */
const kinds = [
  ...['ConfigMap', 'Secret', 'Service', 'PersistentVolumeClaim', 'Pod', 'ServiceAccount', 'Endpoints', 'Namespace'].map(
    (kind) => ({ apiVersion: 'v1', kind }),
  ),
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind) => ({ apiVersion: 'apps/v1', kind })),
  ...['Job', 'CronJob'].map((kind) => ({ apiVersion: 'batch/v1', kind })),
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  ...['Ingress', 'NetworkPolicy'].map((kind) => ({ apiVersion: 'networking.k8s.io/v1', kind })),
];
const brought = kinds.filter(
  (one) =>
    admit([sourced({ ...one, metadata: { name: 'a' } })], { extraKinds: [], putUp: [], restricted: null }).length === 0,
);

describe('docs/rbac.yaml', () => {
  test('lets Greenroom make whatever an environment is made of', () => {
    const lacking = [...new Set([...made, ...brought].map(idOf))].filter((id) =>
      ['create', 'get', 'list', 'patch'].some((verb) => !verbsOn(id).includes(verb)),
    );

    expect(brought.length).toBeGreaterThan(8);
    expect(lacking).toEqual([]);
  });

  test('speaks of every resource that a source asks the API server for', () => {
    expect(called).toEqual(expect.arrayContaining(['/namespaces', '/nodes', '/pods', '/pods/log', '/pods/exec']));
    expect(called.filter((id) => verbsOn(id).length === 0)).toEqual([]);
  });

  test('grants nothing that nobody uses', () => {
    /** Made by Kubernetes' own controllers of what is there; the receipt lists them. */
    const derived = ['apps/replicasets', 'apps/controllerrevisions'];
    /** Paths that are put together from parts. */
    const composed = [
      'apps/deployments',
      'apps/statefulsets',
      'batch/jobs',
      'discovery.k8s.io/endpointslices',
      '/pods',
    ];
    const used = new Set([...called, ...[...made, ...brought].map(idOf), ...derived, ...composed]);
    const granted = rules.flatMap(({ apiGroups, resources }) =>
      apiGroups.flatMap((group) => resources.map((resource) => `${group}/${resource}`)),
    );

    expect(granted.filter((id) => !used.has(id))).toEqual([]);
  });

  test('grants what doctor asks for, and nothing else', () => {
    const asked = neededRights.flatMap(({ group, resources, verbs }) => idsOf([group], resources, verbs));
    const granted = rules.flatMap(({ apiGroups, resources, verbs }) => idsOf(apiGroups, resources, verbs));

    expect(asked.toSorted()).toEqual(granted.toSorted());
  });

  test('names no resource and no verb by a star, and lets nobody escalate', () => {
    const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);

    expect(words.filter((word) => /\*|escalate|bind|impersonate|^rbac|admission/.test(word))).toEqual([]);
  });

  test('has Greenroom itself kept to namespaces of its instance, and the same user everywhere', () => {
    const policy = documents.find(({ kind }) => kind === 'ValidatingAdmissionPolicy');
    const [account, binding] = ['ServiceAccount', 'ClusterRoleBinding'].map((word) =>
      documents.find(({ kind }) => kind === word),
    );
    const { name, namespace } = account?.metadata ?? {};

    expect(JSON.stringify(policy)).toContain(labels.instance);
    expect(JSON.stringify(policy)).toContain(`system:serviceaccount:${namespace}:${name}`);
    expect(policy?.spec).toMatchObject({
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{ operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'], resources: ['*/*'] }],
      },
    });
    expect(binding).toMatchObject({ subjects: [{ kind: 'ServiceAccount', name, namespace }] });
    expect(documents.find(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding')?.spec).toMatchObject({
      policyName: policy?.metadata.name,
      validationActions: ['Deny'],
    });
  });
});

test('a path in a source is read as what it speaks of', () => {
  const source =
    "get('/api/v1/nodes'); get(`/api/v1/namespaces/${a}/pods/${b}/log?${c}`); get(`/apis/batch/v1/namespaces/${a}/jobs/${b}`)";

  expect(resourcesIn(source)).toEqual(['/nodes', '/pods/log', 'batch/jobs']);
});
