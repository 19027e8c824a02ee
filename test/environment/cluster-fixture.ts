import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentSpec, KubernetesObject } from '../../infra/environment-spec.ts';
import type { PulumiAccess } from '../../src/environment/pulumi-operations.ts';
import { pulumiStacks } from '../../src/environment/stacks.ts';
import { ensureBaseImages } from '../../src/image/runner-images.ts';
import { connectKubernetes, type Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import type { Receipt } from '../../src/teardown/receipt.ts';
import { tearDown } from '../../src/teardown/tear-down.ts';
import { defaultCacheDir } from '../../src/toolchain/ensure-tools.ts';
import { aSpec } from './builders.ts';

export interface Fixture {
  kubernetes: Kubernetes;
  kubeconfigPath: string;
  pulumi: PulumiAccess;
  folder: string;
  /** `base/node`, by digest. */
  image: string;
}

/** The cluster, the tools and the image that the tests of this folder work with. */
export async function openFixture(): Promise<Fixture> {
  const kubeconfigPath = process.env.GREENROOM_TEST_KUBECONFIG ?? '';
  const address = process.env.GREENROOM_TEST_REGISTRY ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'greenroom-environment-'));
  const registry = { address, scheme: 'http' as const, ca: null, dockerConfigPath: null };
  const { node } = await ensureBaseImages({
    registry,
    cacheDir: defaultCacheDir(process.env),
    signal: AbortSignal.timeout(300_000),
  });
  return {
    kubernetes: connectKubernetes(kubeconfigPath, null),
    kubeconfigPath,
    folder,
    image: node,
    pulumi: {
      root: process.env.GREENROOM_TEST_PULUMI_ROOT ?? '',
      backend: { url: `file://${folder}/state`, env: {} },
      stateDir: join(folder, 'operations'),
      passphrase: 'test',
    },
  };
}

/** A spec with a name that was never used, an hour to live, and the objects given. */
export function aClusterSpec(objects: KubernetesObject[], changes: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  const id = randomBytes(5).toString('hex');
  const { owner } = aSpec();
  const expiresAt = Math.floor(Date.now() / 1000) + 3600;
  return aSpec({
    name: `environment-test-${id}`,
    owner: { ...owner, instance: 'environment-test', runId: `r${id}`, expiresAt },
    objects,
    ...changes,
  });
}

export async function clear({ kubernetes, pulumi }: Fixture, spec: EnvironmentSpec): Promise<Receipt> {
  const { runId, instance } = spec.owner;
  const stacks = pulumiStacks({ pulumi, cluster: kubernetes });
  return await tearDown({ kubernetes, stacks, target: { name: spec.name, runId, instance }, deadlineMs: 120_000 });
}

/** A Node program as a Deployment with a Service, ready when its port is open. */
export function aProgram(
  image: string,
  name: string,
  port: number,
  script: string,
  env: Record<string, string> = {},
  container: object = {},
): KubernetesObject[] {
  const labels = { app: name };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        replicas: 1,
        progressDeadlineSeconds: 120,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: 'greenroom',
            containers: [
              {
                name,
                image,
                command: ['/usr/bin/node', '-e', script],
                env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
                readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
                resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '96Mi' } },
                ...container,
              },
            ],
          },
        },
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: labels, ports: [{ port }] } },
  ];
}

export function aTask(image: string, name: string, script: string, env: Record<string, string> = {}): KubernetesObject {
  const [deployment] = aProgram(image, name, 1, script, env);
  const { template } = (deployment as KubernetesObject).spec as {
    template: { metadata: object; spec: { containers: { readinessProbe?: object }[] } };
  };
  const containers = template.spec.containers.map(({ readinessProbe: _probe, ...container }) => container);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      backoffLimit: 0,
      template: { ...template, spec: { ...template.spec, containers, restartPolicy: 'Never' } },
    },
  };
}

export function serving(port: number): string {
  return `require('http').createServer((_, response) => response.end('ok')).listen(${port});`;
}
