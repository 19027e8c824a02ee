import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureBaseImages } from '../../src/image/runner-images.ts';
import { apiRequest } from '../../src/kubernetes/api-request.ts';
import { execInPod } from '../../src/kubernetes/exec.ts';
import { testMachine } from '../journey-stand.ts';
import { eventually } from './a-cluster.ts';

/** Two namespaces, as an environment has them, and one of somebody else's. */
const [shop, suites, other] = ['net-shop', 'net-suites', 'net-other'] as const;
const { kubernetes, registry, cacheDir } = testMachine();
const { core } = kubernetes;

/** Listens at two ports; and says how its very first connection went, when it is told to whom. */
const program = `
const net = require('node:net');
for (const port of [8080, 9090]) net.createServer((socket) => socket.end()).listen(port);
if (process.env.FIRST) {
  const [host, port] = process.env.FIRST.split(':');
  const socket = net.connect({ host, port, timeout: 3000 });
  for (const word of ['connect', 'error', 'timeout']) socket.once(word, () => { console.log('first: ' + word); socket.destroy(); });
}`;
const dial = `
const [host, port] = process.argv.at(-1).split(':');
const socket = require('node:net').connect({ host, port, timeout: 3000 });
socket.once('connect', () => { console.log('open'); socket.destroy(); });
socket.once('timeout', () => { console.log('silent'); socket.destroy(); });
socket.once('error', () => console.log('refused'));`;

beforeAll(async () => {
  await ensureBaseImages({ registry, cacheDir, signal: AbortSignal.timeout(300_000) });
  for (const name of [shop, suites, other]) await core.createNamespace({ body: { metadata: { name } } });
  await Promise.all([start(shop, 'web'), start(shop, 'db'), start(suites, 'smoke'), start(other, 'stranger')]);
  await core.createNamespacedService({
    namespace: shop,
    body: { metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] } },
  });
});

beforeEach(async () => {
  for (const namespace of [shop, suites, other]) await ask('DELETE', policiesOf(namespace));
});

afterAll(async () => {
  await Promise.all([shop, suites, other].map((name) => core.deleteNamespace({ name })));
});

async function start(namespace: string, name: string, env: Record<string, string> = {}): Promise<void> {
  const image = `${registry.address}/base/node:24`;
  const container = {
    ...{ name: 'main', image, command: ['/usr/bin/node', '-e', program] },
    ...{ env: Object.entries(env).map(([key, value]) => ({ name: key, value })) },
    ports: [{ name: 'http', containerPort: 8080 }],
  };
  const spec = { containers: [container], terminationGracePeriodSeconds: 0 };
  await eventually('the service account is there', async () => {
    await core.readNamespacedServiceAccount({ namespace, name: 'default' });
    return true;
  });
  await core.createNamespacedPod({ namespace, body: { metadata: { name, labels: { app: name } }, spec } });
  await eventually(`"${name}" runs`, async () => {
    const pod = await core.readNamespacedPod({ namespace, name });
    return pod.status?.phase === 'Running';
  });
}

async function addressOf(namespace: string, name: string): Promise<string> {
  return (await core.readNamespacedPod({ namespace, name })).status?.podIP ?? '';
}

/** `open`, `refused` at once, or `silent`. */
async function reaches(from: [namespace: string, pod: string], target: string): Promise<string> {
  const [namespace, pod] = from;
  const command = ['/usr/bin/node', '-e', dial, target];
  const signal = AbortSignal.timeout(30_000);
  const result = await execInPod(kubernetes, { namespace, pod, container: 'main', command, signal });
  return result.stdout.toString().trim();
}

function policiesOf(namespace: string): string {
  return `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
}

async function ask(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<void> {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const signal = AbortSignal.timeout(10_000);
  const answer = await apiRequest(kubernetes, { method, path, signal, ...(body ? { body, contentType } : {}) });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
}

/** What no policy names of its pods and directions is all of them. */
async function allow(namespace: string, name: string, spec: object): Promise<void> {
  const all = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ...spec };
  await ask('POST', policiesOf(namespace), { metadata: { name }, spec: all });
}

const named = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });

describe('a network policy of the embedded cluster', () => {
  test('closes what it selects in both directions, at once, and opens it again when it goes', async () => {
    const [web, stranger] = await Promise.all([addressOf(shop, 'web'), addressOf(other, 'stranger')]);
    const both = async () => [
      await reaches([other, 'stranger'], `${web}:8080`),
      await reaches([shop, 'web'], `${stranger}:8080`),
    ];

    const before = await both();
    await allow(shop, 'deny-all', {});
    await eventually('it holds', async () => (await both()).every((word) => word === 'refused'));
    await ask('DELETE', `${policiesOf(shop)}/deny-all`);
    await eventually('it is gone', async () => (await both()).every((word) => word === 'open'));

    expect(before).toEqual(['open', 'open']);
  });

  test('lets in whom it names, at the port that it names, also by the service', async () => {
    await allow(shop, 'deny-all', {});
    await allow(shop, 'from-suites', {
      policyTypes: ['Ingress'],
      podSelector: { matchLabels: { app: 'web' } },
      ingress: [{ from: [{ namespaceSelector: named(suites) }], ports: [{ port: 'http' }] }],
    });
    const [web, db] = await Promise.all([addressOf(shop, 'web'), addressOf(shop, 'db')]);
    await eventually('it holds', async () => (await reaches([other, 'stranger'], `${web}:8080`)) === 'refused');

    expect(await reaches([suites, 'smoke'], `${web}:8080`)).toBe('open');
    expect(await reaches([suites, 'smoke'], `web.${shop}.svc.cluster.local:80`)).toBe('open');
    expect(await reaches([suites, 'smoke'], `${web}:9090`)).toBe('refused');
    expect(await reaches([suites, 'smoke'], `${db}:8080`)).toBe('refused');
    expect(await reaches([other, 'stranger'], `web.${shop}.svc.cluster.local:80`)).toBe('refused');
    expect(await reaches([shop, 'web'], `${web}:9090`)).toBe('open');
  });

  test('needs both ends: who may not speak is not heard where it would be', async () => {
    await allow(suites, 'deny-all', {});
    await allow(shop, 'open', { policyTypes: ['Ingress'], ingress: [{}] });
    const web = await addressOf(shop, 'web');

    await eventually('it holds', async () => (await reaches([suites, 'smoke'], `${web}:8080`)) === 'refused');
    expect(await reaches([other, 'stranger'], `${web}:8080`)).toBe('open');
  });

  test('closes the registry of the node, but for a block that has it; names are still to be had', async () => {
    const [host = '', port = ''] = registry.address.split(':');
    const before = await reaches([shop, 'web'], registry.address);
    await allow(shop, 'deny-all', {});
    await eventually('it holds', async () => (await reaches([shop, 'web'], registry.address)) === 'refused');
    const resolved = await reaches([shop, 'db'], `web.${shop}.svc.cluster.local:80`);
    const ports = [{ port: Number(port) }];
    await allow(shop, 'push', {
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: `${host}/32` } }], ports }],
    });
    await eventually('it is open', async () => (await reaches([shop, 'web'], registry.address)) === 'open');

    expect([before, resolved]).toEqual(['open', 'refused']);
    await ask('DELETE', `${policiesOf(shop)}/push`);
    const except = [`${host}/32`];
    await allow(shop, 'not', {
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except } }] }],
    });
    await eventually('it is closed', async () => (await reaches([shop, 'web'], registry.address)) === 'refused');
    expect(await reaches([shop, 'web'], `${await addressOf(other, 'stranger')}:8080`)).toBe('open');
  });

  test('follows the labels of pods and namespaces', async () => {
    const app = { matchLabels: { app: 'friend' } };
    await allow(shop, 'friends', {
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ namespaceSelector: { matchLabels: { known: 'yes' } }, podSelector: app }] }],
    });
    const target = `${await addressOf(shop, 'web')}:8080`;
    const stranger = () => reaches([other, 'stranger'], target);
    await eventually('it holds', async () => (await stranger()) === 'refused');

    await relabel(`/api/v1/namespaces/${other}`, { known: 'yes' });
    const half = await stranger();
    await relabel(`/api/v1/namespaces/${other}/pods/stranger`, { app: 'friend' });
    await eventually('it is a friend', async () => (await stranger()) === 'open');
    await relabel(`/api/v1/namespaces/${other}`, { known: 'no' });
    await eventually('it is none any more', async () => (await stranger()) === 'refused');

    expect(half).toBe('refused');
  });

  test('holds for the very first connection of a pod, whether it is refused or allowed', async () => {
    await allow(shop, 'deny-all', {});
    await allow(shop, 'from-suites', {
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ namespaceSelector: named(suites) }] }],
    });
    const target = `${await addressOf(shop, 'web')}:8080`;
    await eventually('it holds', async () => (await reaches([other, 'stranger'], target)) === 'refused');

    await Promise.all([
      ...[1, 2, 3].map((number) => start(suites, `allowed-${number}`, { FIRST: target })),
      ...[1, 2, 3].map((number) => start(other, `refused-${number}`, { FIRST: target })),
    ]);

    for (const number of [1, 2, 3]) {
      expect(await firstWord(suites, `allowed-${number}`)).toBe('first: connect');
      expect(await firstWord(other, `refused-${number}`)).toBe('first: error');
    }
  });
});

async function firstWord(namespace: string, name: string): Promise<string> {
  let log = '';
  await eventually(`"${name}" has tried`, async () => {
    log = await core.readNamespacedPodLog({ namespace, name });
    return log.includes('first: ');
  });
  return log.trim();
}

async function relabel(path: string, labels: Record<string, string>): Promise<void> {
  await ask('PATCH', path, { metadata: { labels } });
}
