import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Secret } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pullSecretName } from '../infra/isolation.ts';
import { labels } from '../infra/labels.ts';
import { clusterFolder } from '../src/cluster/cluster-folder.ts';
import type { EmbeddedCluster } from '../src/cluster/embedded-cluster.ts';
import { ensureBaseImages } from '../src/image/runner-images.ts';
import { connectKubernetes, type Kubernetes } from '../src/kubernetes/kubernetes.ts';
import { VerdictDocument } from '../src/verdict/verdict-document.ts';
import { ACluster } from './cluster/a-cluster.ts';
import { type Ended, greenroom } from './greenroom-process.ts';
import { testMachine } from './journey-stand.ts';

const name = 'other';
const instance = 'elsewhere';
const patienceMs = 540_000;
const other = new ACluster(name, 'node', {
  registryTls: true,
  registryAuth: { username: 'pusher', password: 'a password with "quotes"' },
});
let cluster: EmbeddedCluster;
let kubernetes: Kubernetes;
let dataDir: string;
let env: Record<string, string>;
let kept: VerdictDocument;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'greenroom-context-'));
  cluster = await other.up();
  kubernetes = connectKubernetes(cluster.kubeconfigPath, cluster.context);
  await kubernetes.core.createNamespace({ body: { metadata: { name: 'somebody-elses' } } });
  await kubernetes.core.createNamespacedSecret({ namespace: 'somebody-elses', body: await aPullSecret('pull') });
  const { cacheDir } = testMachine();
  await ensureBaseImages({ registry: cluster.registry, cacheDir, signal: AbortSignal.timeout(patienceMs) });
  env = {
    KUBECONFIG: cluster.kubeconfigPath,
    GREENROOM_INSTANCE: instance,
    GREENROOM_REGISTRY: cluster.registry.address,
    GREENROOM_REGISTRY_AUTH: cluster.registry.dockerConfigPath ?? '',
    NODE_EXTRA_CA_CERTS: join(clusterFolder(cluster.dataDir, name).path, 'pki', 'ca.crt'),
  };
});

afterAll(async () => {
  await other.remove();
  await rm(dataDir, { recursive: true, force: true });
});

describe('a cluster that Greenroom did not start, with a registry that has TLS and a password', () => {
  test('is used only by an installation with a name', async () => {
    const ended = await commandOnOther(['run', 'examples/shop'], { GREENROOM_INSTANCE: '' });

    expect(ended.code, ended.stderr).toBe(2);
    expect(ended.stderr).toContain('GREENROOM_INSTANCE: is required when GREENROOM_KUBE_CONTEXT is set');
    expect(await ownNamespaces(kubernetes)).toEqual([]);
  });

  test('is found in order by the doctor, the registry with its password included', async () => {
    const ended = await commandOnOther(['doctor', '--json']);

    const findings: { what: string; ok: boolean; detail: string }[] = JSON.parse(ended.stdout);
    expect(findings.filter((finding) => !finding.ok)).toEqual([]);
    expect(findings.find((finding) => finding.what === 'cluster')?.detail).toContain(cluster.context);
    expect(findings.find((finding) => finding.what === 'registry')?.detail).toContain(cluster.registry.address);
    expect(findings.find((finding) => finding.what === 'policies')?.detail).toMatch(/^hold: ingress and egress ended/);
    expect(await ownNamespaces(kubernetes)).toEqual([]);
    expect(ended.code).toBe(0);
  });

  test('is said to want a password when none is given', async () => {
    const ended = await commandOnOther(['doctor'], { GREENROOM_REGISTRY_AUTH: '' });

    expect(ended.code).toBe(3);
    expect(ended.stdout).toMatch(/missing {2}registry /);
    expect(ended.stdout).toContain('GREENROOM_REGISTRY_AUTH');
  });

  test.each([
    ['doctor', [], 3],
    ['run', ['examples/shop'], 2],
    ['serve', [], 2],
  ])('%s names a pull secret that is not there', async (command, words, code) => {
    const ended = await commandOnOther([command, ...words], { GREENROOM_PULL_SECRET: 'somebody-elses/none' });

    expect(ended.code, ended.stderr).toBe(code);
    expect(ended.stdout + ended.stderr).toContain('reading the pull secret "somebody-elses/none", which is not there');
    expect(await ownNamespaces(kubernetes)).toEqual([]);
  });

  test('sees the whole journey: images built and pushed, three suites, a verdict, and an environment that stays as asked', async () => {
    const words = ['run', 'examples/shop', '--keep', '1h', '--json'];
    const ended = await commandOnOther(words, { GREENROOM_PULL_SECRET: 'somebody-elses/pull' });

    kept = documentOf(ended);
    const namespace = kept.environment?.namespace ?? '';
    expect([ended.code, kept.verdict, kept.failure], ended.stderr).toEqual([0, 'passed', null]);
    expect(Object.fromEntries(kept.suites.map((suite) => [suite.name, suite.status]))).toEqual({
      smoke: 'passed',
      shopping: 'passed',
      browse: 'passed',
    });
    expect(kept.images.map((image) => image.name).sort()).toEqual(expect.arrayContaining(['shop/api', 'shop/web']));
    expect(kept.networkPolicies?.enforced).toBe('yes');
    expect(kept.teardown.status).toBe('kept');
    expect(await ownNamespaces(kubernetes)).toEqual([namespace, `${namespace}-suites`]);
    expect(await ownNamespaces(testMachine().kubernetes)).toEqual([]);
    expect(await pullSecretsIn(namespace)).toEqual({
      registries: [cluster.registry.address, 'another.test'],
      podsWithout: [],
    });
  });

  test('has it until it is torn down by name, and then nothing of it', async () => {
    const before = await ownNamespaces(kubernetes);
    const sweep = await commandOnOther(['sweep', '--dry-run', '--json']);
    const afterSweep = await ownNamespaces(kubernetes);
    const teardown = await commandOnOther(['teardown', kept.run.id, '--json']);

    const [receipt] = JSON.parse(teardown.stdout);
    expect(JSON.parse(sweep.stdout), sweep.stderr).toMatchObject({ found: 1, candidates: [], destroyed: 0, failed: 0 });
    expect(afterSweep).toEqual(before);
    expect(receipt, teardown.stderr).toMatchObject({ status: 'gone', blockedBy: [] });
    expect(receipt.created.length).toBeGreaterThan(20);
    expect(teardown.code).toBe(0);
    expect(await ownNamespaces(kubernetes)).toEqual([]);
  });

  test('is left as it was: what belongs to others stands, and no cluster was started for it', async () => {
    const { items } = await kubernetes.core.listNamespace();
    const names = items.map((namespace) => namespace.metadata?.name).sort();

    expect(names).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system', 'somebody-elses']);
    expect(await readdir(dataDir)).not.toContain('cluster');
  });
});

function commandOnOther(words: string[], more: Record<string, string> = {}): Promise<Ended> {
  const place = ['--context', cluster.context, '--data-dir', dataDir];
  return greenroom([...words, ...place], { env: { ...env, ...more }, timeoutMs: patienceMs });
}

/** Exactly one document and nothing beside it. */
function documentOf({ stdout, stderr }: Ended): VerdictDocument {
  expect(stdout.trimEnd().split('\n'), stderr).toHaveLength(1);
  return VerdictDocument.parse(JSON.parse(stdout));
}

/** What the registry lets in, and one entry that tells it from the docker config file. */
async function aPullSecret(secret: string): Promise<V1Secret> {
  const { auths } = JSON.parse(await readFile(cluster.registry.dockerConfigPath ?? '', 'utf8'));
  const config = { auths: { ...auths, 'another.test': {} } };
  return {
    metadata: { name: secret },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': JSON.stringify(config) },
  };
}

/** What the kubelet is given to pull with, and the pods that do without. */
async function pullSecretsIn(namespace: string): Promise<{ registries: string[]; podsWithout: string[] }> {
  const secret = await kubernetes.core.readNamespacedSecret({ namespace, name: pullSecretName });
  const config = Buffer.from(secret.data?.['.dockerconfigjson'] ?? '', 'base64').toString('utf8');
  const pods = (await kubernetes.core.listNamespacedPod({ namespace })).items;
  const without = pods.filter((pod) => !pod.spec?.imagePullSecrets?.some(({ name: own }) => own === pullSecretName));
  return {
    registries: Object.keys(JSON.parse(config).auths),
    podsWithout: without.map((pod) => pod.metadata?.name ?? ''),
  };
}

async function ownNamespaces({ core }: Kubernetes): Promise<string[]> {
  const { items } = await core.listNamespace({ labelSelector: `${labels.instance}=${instance}` });
  return items.map((namespace) => namespace.metadata?.name ?? '').sort();
}
