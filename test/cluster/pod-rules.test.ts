import { describe, expect, test } from 'vitest';
import { type Allowed, type PlacedPod, rulesOfPods } from '../../src/cluster/node/policy/pod-rules.ts';
import { NetworkPolicy } from '../../src/cluster/node/policy/policy-objects.ts';
import { renderPolicies } from '../../src/cluster/node/policy/render-policies.ts';
import { selects } from '../../src/cluster/node/policy/select-labels.ts';

const namespaces = [
  { metadata: { name: 'shop', labels: { 'kubernetes.io/metadata.name': 'shop', team: 'shop' } } },
  { metadata: { name: 'suites', labels: { 'kubernetes.io/metadata.name': 'suites' } } },
];

function pod(address: string, namespace: string, name: string, ports: { name: string; containerPort: number }[] = []) {
  const spec = { containers: [{ ports: ports.map((port) => ({ ...port, protocol: 'TCP' as const })) }] };
  return { address, pod: { metadata: { name, namespace, labels: { app: name } }, spec } } satisfies PlacedPod;
}

const web = pod('10.0.0.1', 'shop', 'web', [{ name: 'http', containerPort: 8080 }]);
const db = pod('10.0.0.2', 'shop', 'db', [{ name: 'http', containerPort: 5432 }]);
const smoke = pod('10.0.0.3', 'suites', 'smoke');
const pods = [web, db, smoke];

function policy(spec: object, namespace = 'shop'): NetworkPolicy {
  const all = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ...spec };
  return NetworkPolicy.parse({ metadata: { name: 'one', namespace }, spec: all });
}

function rulesOf(address: string, ...policies: NetworkPolicy[]) {
  return rulesOfPods({ pods, namespaces, policies }).find((rules) => rules.address === address);
}

const anybody = { kind: 'anybody' } as const;
const tcp = (from: number, to = from) => ({ protocol: 'tcp', range: { from, to } }) as const;
const some = (...addresses: string[]) => ({ kind: 'pods', addresses }) as const;

describe('a selector', () => {
  test.each<[object, Record<string, string>, boolean]>([
    [{}, {}, true],
    [{}, { app: 'web' }, true],
    [{ matchLabels: { app: 'web' } }, { app: 'web', tier: 'front' }, true],
    [{ matchLabels: { app: 'web' } }, { app: 'db' }, false],
    [{ matchLabels: { app: 'web' } }, {}, false],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'db'] }] }, { app: 'db' }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] }, {}, false],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, {}, true],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, { app: 'web' }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'Exists' }] }, { app: '' }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, { app: '' }, false],
    [
      { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'old', operator: 'DoesNotExist' }] },
      { app: 'web', old: 'yes' },
      false,
    ],
  ])('%j takes %j: %s', (selector, labels, isTaken) => {
    expect(selects(selector, labels)).toBe(isTaken);
  });
});

describe('what a pod may do', () => {
  test('is everything where no policy selects it', () => {
    const other = policy({ podSelector: { matchLabels: { app: 'db' } } });

    expect(rulesOf('10.0.0.1', other)).toEqual({ address: '10.0.0.1', ingress: null, egress: null });
    expect(rulesOf('10.0.0.3', policy({}))).toEqual({ address: '10.0.0.3', ingress: null, egress: null });
  });

  test('is nothing in the directions of a policy without rules', () => {
    expect(rulesOf('10.0.0.1', policy({}))).toMatchObject({ ingress: [], egress: [] });
    expect(rulesOf('10.0.0.1', policy({ policyTypes: ['Egress'] }))).toMatchObject({ ingress: null, egress: [] });
  });

  test.each<[string, object, Allowed[]]>([
    ['anybody, where nobody is named', {}, [{ peers: anybody, ports: null }]],
    ['anybody, of an empty list', { from: [], ports: [] }, [{ peers: anybody, ports: null }]],
    [
      'pods of its own namespace',
      { from: [{ podSelector: {} }] },
      [{ peers: some('10.0.0.1', '10.0.0.2'), ports: null }],
    ],
    [
      'all pods of a namespace',
      { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'suites' } } }] },
      [{ peers: some('10.0.0.3'), ports: null }],
    ],
    [
      'certain pods of certain namespaces',
      { from: [{ namespaceSelector: { matchLabels: { team: 'shop' } }, podSelector: { matchLabels: { app: 'db' } } }] },
      [{ peers: some('10.0.0.2'), ports: null }],
    ],
    ['nobody, where the selector finds none', { from: [{ podSelector: { matchLabels: { app: 'none' } } }] }, []],
    [
      'a block without its exceptions',
      { from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }] },
      [{ peers: { kind: 'block', cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] }, ports: null }],
    ],
    [
      'a range and a protocol',
      { ports: [{ port: 8000, endPort: 8010 }, { protocol: 'UDP' }] },
      [{ peers: anybody, ports: [tcp(8000, 8010), { protocol: 'udp', range: null }] }],
    ],
    ['its own port of that name', { ports: [{ port: 'http' }] }, [{ peers: anybody, ports: [tcp(8080)] }]],
    ['nothing by a name that it does not have', { ports: [{ port: 'other' }] }, []],
  ])('to hear: %s', (_, rule, expected) => {
    expect(rulesOf('10.0.0.1', policy({ ingress: [rule] }))?.ingress).toEqual(expected);
  });

  test('to say by a name is another number at each pod', () => {
    const egress = [{ to: [{ podSelector: {} }], ports: [{ port: 'http' }] }];

    expect(rulesOf('10.0.0.1', policy({ egress }))?.egress).toEqual([
      { peers: some('10.0.0.1'), ports: [tcp(8080)] },
      { peers: some('10.0.0.2'), ports: [tcp(5432)] },
    ]);
  });

  test('is what all its policies allow together', () => {
    const first = policy({ ingress: [{ from: [{ podSelector: { matchLabels: { app: 'db' } } }] }] });
    const second = policy({ ingress: [{ ports: [{ port: 80 }] }], policyTypes: ['Ingress'] });

    expect(rulesOf('10.0.0.1', first, second)).toMatchObject({
      ingress: [
        { peers: some('10.0.0.2'), ports: null },
        { peers: anybody, ports: [tcp(80)] },
      ],
      egress: [],
    });
  });
});

describe('as rules of the kernel', () => {
  test('what is allowed returns to the next question, the rest is refused', () => {
    const rules = renderPolicies([
      {
        address: '10.0.0.1',
        ingress: [
          { peers: some('10.0.0.2', '10.0.0.3'), ports: [tcp(80), tcp(8000, 8010)] },
          { peers: { kind: 'block', cidr: '0.0.0.0/0', except: ['10.0.0.0/8', 'fd00::/8'] }, ports: null },
          { peers: { kind: 'block', cidr: '::/0', except: [] }, ports: null },
        ],
        egress: null,
      },
      { address: '10.0.0.2', ingress: null, egress: [] },
    ]);

    expect(rules).toContain(`  chain ingress_10_0_0_1 {
    ip saddr 10.0.0.1 return
    ip saddr { 10.0.0.2, 10.0.0.3 } tcp dport 80 return
    ip saddr { 10.0.0.2, 10.0.0.3 } tcp dport 8000-8010 return
    ip saddr 0.0.0.0/0 ip saddr != 10.0.0.0/8 return
    goto refuse
  }`);
    expect(rules).toContain('  chain egress_10_0_0_2 {\n    ip daddr 10.0.0.2 return\n    goto refuse\n  }');
    expect(rules).toContain('elements = { 10.0.0.1, 10.0.0.2 }');
    expect(rules).toContain('elements = { 10.0.0.1 : jump ingress_10_0_0_1 }');
    expect(rules).toContain('elements = { 10.0.0.2 : jump egress_10_0_0_2 }');
    expect(rules).not.toMatch(/egress_10_0_0_1|ingress_10_0_0_2|::/);
  });
});
