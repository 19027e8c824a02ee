import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, test } from 'vitest';
import { labels } from '../../infra/labels.ts';
import { ensureRunnerImage } from '../../src/image/runner-images.ts';
import { apiRequest } from '../../src/kubernetes/api-request.ts';
import type { Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { type PolicyFinding, probePolicies } from '../../src/runner/policies/probe-policies.ts';
import { sweep } from '../../src/teardown/sweep.ts';
import { defaultCacheDir } from '../../src/toolchain/ensure-tools.ts';
import { eventually } from '../cluster/a-cluster.ts';
import { greenroom, inherited, repositoryDir } from '../greenroom-process.ts';
import { needed } from '../journey-stand.ts';
import { variants } from './every-variant.ts';
import { FaultCluster } from './fault-cluster.ts';
import { type takenAway, withoutNetwork, withoutRules } from './node-rules.ts';

const instance = 'probing';
const never = new AbortController().signal;
let cluster: FaultCluster;
let kubernetes: Kubernetes;
let image: string;
/** The process id of its supervisor. */
let node: number;

beforeAll(async () => {
  cluster = await FaultCluster.open();
  kubernetes = cluster.kubernetes;
  image = await ensureRunnerImage({
    registry: cluster.embedded.registry,
    cacheDir: defaultCacheDir(process.env),
    k6Path: needed('GREENROOM_TEST_K6'),
    signal: AbortSignal.timeout(300_000),
  });
  node = (await cluster.status()).supervisorPid ?? 0;
});

/** What of the node's rules is taken away, and how the finding says it. */
type Taken = [keyof typeof takenAway, string];
/** When, and how one sees that it has come. */
type Moment = [string, () => Promise<boolean>];

function probe(signal: AbortSignal = never): Promise<PolicyFinding> {
  const pullSecret = async () => null;
  return probePolicies({ kubernetes, instance, image: async () => image, pullSecret, podTemplate: null, signal });
}

async function ownNamespaces(): Promise<string[]> {
  const { items } = await kubernetes.core.listNamespace({ labelSelector: `${labels.instance}=${instance}` });
  return items.map(({ metadata }) => metadata?.name ?? '');
}

describe('the probe of network policies', () => {
  test('finds that they hold where they do, and leaves nothing behind', async () => {
    expect(await probe()).toEqual({
      enforced: 'yes',
      detail: expect.stringMatching(/^ingress and egress ended under policies that deny them, on node "/),
      leftover: null,
    });
    expect(await ownNamespaces()).toEqual([]);
  });

  test.each(
    variants<Taken>(
      [['all', 'ingress and egress']],
      [
        ['ingress', 'ingress'],
        ['egress', 'egress'],
      ],
    ),
  )('finds that they do not where the node forgets its rules (%s), and which direction', async (which, words) => {
    const finding = await withoutRules(node, which, () => probe());

    expect(finding).toMatchObject({ enforced: 'no', leftover: null });
    expect(finding.detail).toMatch(new RegExp(`^${words} went on under a policy`));
    expect(await ownNamespaces()).toEqual([]);
  });

  test('knows nothing where pods do not reach each other anyway', async () => {
    const finding = await withoutNetwork(node, () => probe());

    expect(finding).toEqual({
      enforced: 'unknown',
      detail: expect.stringContaining('even without a policy'),
      leftover: null,
    });
    expect(await ownNamespaces()).toEqual([]);
  });

  test('knows nothing of a cluster that does not get its image, and says so', async () => {
    const { registry } = cluster.embedded;
    const missing = async () => `${registry.address}/none/such@sha256:${'0'.repeat(64)}`;
    const signal = never;
    const finding = await probePolicies({
      ...{ kubernetes, instance, image: missing, pullSecret: async () => null, podTemplate: null, signal },
    });

    expect(finding).toMatchObject({ enforced: 'unknown', leftover: null });
    expect(finding.detail).toMatch(/did not start: .*none\/such/);
    expect(await ownNamespaces()).toEqual([]);
  });
});

describe('the probe that is interrupted', () => {
  test('before it began makes nothing', async () => {
    expect(await probe(AbortSignal.abort('SIGINT'))).toMatchObject({ enforced: 'unknown', leftover: null });
    expect(await ownNamespaces()).toEqual([]);
  });

  test.each(
    variants<Moment>(
      [['under its first policy', async () => (await policies()) === 1]],
      [
        ['when its namespace is there', async () => (await ownNamespaces()).length > 0],
        ['when its pods run', async () => (await podsRunning()) === 2],
      ],
    ),
  )('%s takes everything away all the same', async (_, isThere) => {
    const interrupted = new AbortController();
    const asked = probe(interrupted.signal);
    await eventually('it has begun', isThere);
    interrupted.abort('SIGINT');

    expect(await asked).toEqual({ enforced: 'unknown', detail: 'the probe was interrupted', leftover: null });
    expect(await ownNamespaces()).toEqual([]);
  });

  test('and cannot clear up says what is left', async () => {
    const interrupted = new AbortController();
    const asked = probe(interrupted.signal);
    await eventually('its pods run', async () => (await podsRunning()) === 2);
    const [name = ''] = await ownNamespaces();
    const stuck = { metadata: { name: 'stuck', finalizers: ['lab.example/never'] } };
    await kubernetes.core.createNamespacedConfigMap({ namespace: name, body: stuck });
    interrupted.abort('SIGINT');
    const { leftover } = await asked;
    await letGo(name);

    expect(leftover).toContain(`the namespace "${name}" is not gone yet, held by ConfigMap ${name}/stuck`);
    await eventually('it goes', async () => (await ownNamespaces()).length === 0);
  });

  test('by SIGKILL leaves its namespace to the sweep, which waits until its time is over', async () => {
    const doctor = spawn(process.execPath, [join(repositoryDir, 'src', 'main.ts'), 'doctor', ...place()], {
      env: { ...inherited(), ...env() },
      stdio: 'ignore',
    });
    const ended = once(doctor, 'exit');
    await eventually('its pods run', async () => (await podsRunning()) === 2);
    doctor.kill('SIGKILL');
    await ended;
    const [name = ''] = await ownNamespaces();
    const early = await sweepAt(Date.now());
    const late = await sweepAt(Date.now() + 400_000);

    expect(early.candidates).toEqual([]);
    expect(late).toMatchObject({ destroyed: 1, failed: 0, receipts: [{ environment: name, status: 'gone' }] });
    expect(await ownNamespaces()).toEqual([]);
  });
});

test('the doctor tells it of a cluster whose policies do not hold, with what to do', async () => {
  const ended = await withoutRules(node, 'egress', () =>
    greenroom(['doctor', ...place()], { env: env(), timeoutMs: 300_000 }),
  );

  expect(ended.stdout).toMatch(
    /missing {2}policies +do not hold: egress went on under a policy.*\n +Install a network plugin/,
  );
  expect(ended.code).toBe(3);
  expect(await ownNamespaces()).toEqual([]);
});

function place(): string[] {
  return ['--context', cluster.embedded.context, '--data-dir', cluster.embedded.dataDir];
}

function env(): Record<string, string> {
  return {
    KUBECONFIG: cluster.embedded.kubeconfigPath,
    GREENROOM_INSTANCE: instance,
    GREENROOM_REGISTRY: cluster.embedded.registry.address,
    NODE_EXTRA_CA_CERTS: join(cluster.folder, 'pki', 'ca.crt'),
  };
}

function sweepAt(nowMs: number) {
  return sweep({
    ...{ kubernetes, stacks: null, instance, dryRun: false, deadlineMs: 120_000, signal: never },
    openChanges: async () => new Map(),
    liveRuns: async () => new Set(),
    now: () => new Date(nowMs),
  });
}

async function podsRunning(): Promise<number> {
  const { items } = await kubernetes.core.listPodForAllNamespaces({ labelSelector: `${labels.instance}=${instance}` });
  return items.filter(({ status }) => status?.phase === 'Running').length;
}

async function policies(): Promise<number> {
  const [name] = await ownNamespaces();
  const path = `/apis/networking.k8s.io/v1/namespaces/${name}/networkpolicies`;
  const { body } = await apiRequest<{ items: unknown[] }>(kubernetes, { path, signal: AbortSignal.timeout(10_000) });
  return body.items.length;
}

async function letGo(namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/stuck`;
  const contentType = 'application/merge-patch+json';
  const body = { metadata: { finalizers: null } };
  await apiRequest(kubernetes, { method: 'PATCH', path, body, contentType, signal: AbortSignal.timeout(10_000) });
}
