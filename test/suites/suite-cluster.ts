import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import type { EnvironmentSpec } from '../../infra/environment-spec.ts';
import { suiteJobs } from '../../infra/suites.ts';
import { SuiteConfig } from '../../src/config/repository-config.ts';
import { ensureRunnerImages } from '../../src/image/runner-images.ts';
import type { Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { planSuites } from '../../src/suites/plan-suites.ts';
import type { PlannedSuite, SuiteProgress } from '../../src/suites/planned-suite.ts';
import type { RunSuitesInput } from '../../src/suites/run-suites.ts';
import type { SuitePackages } from '../../src/suites/suite-packages.ts';
import { defaultCacheDir } from '../../src/toolchain/ensure-tools.ts';
import {
  connectTestCluster,
  makeNamespace,
  nodeImage,
  registryAddress,
  startPod,
} from '../kubernetes/development-cluster.ts';
import { k6Path } from '../runner/run-wrapper.ts';

/** An application and room for suite pods, as `infra/` makes them, without Pulumi. */
export interface SuiteCluster {
  kubernetes: Kubernetes;
  namespace: string;
  baseUrl: string;
  folder: string;
  /** Plans suites and starts their Jobs. */
  start: (suites: Partial<SuiteConfig>[], packages?: ReadonlyMap<string, SuitePackages>) => Promise<PlannedSuite[]>;
  input: (suites: PlannedSuite[], files: Record<string, string>) => RunSuitesInput & { progress: SuiteProgress[] };
  remove: () => Promise<void>;
}

const application = `
const seen = [];
require('node:http').createServer((request, response) => {
  if (request.url === '/seen') return response.end(JSON.stringify(seen));
  seen.push({ url: request.url, at: Date.now(), agent: request.headers['user-agent'] });
  if (request.url === '/slow') return setTimeout(() => response.end('slow'), 300);
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><link rel="icon" href="data:,"><title>Shop</title><h1>Hello</h1>');
}).listen(8080);`;

export async function openSuiteCluster(): Promise<SuiteCluster> {
  const kubernetes = connectTestCluster();
  const folder = mkdtempSync(join(tmpdir(), 'greenroom-suites-'));
  const images = await ensureRunnerImages({
    registry: { address: registryAddress, scheme: 'http', ca: null, dockerConfigPath: null },
    cacheDir: defaultCacheDir(env),
    k6Path,
    signal: AbortSignal.timeout(300_000),
  });
  const { name: namespace, remove } = await makeNamespace(kubernetes, 'suites-run');
  await kubernetes.core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'greenroom' } } });
  await kubernetes.core.createNamespacedService({
    namespace,
    body: { metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 8080 }] } },
  });
  await startPod(kubernetes, namespace, 'web', {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'web', image: await nodeImage(), command: ['node', '-e', application] }],
  });
  await kubernetes.core.patchNamespacedPod({
    name: 'web',
    namespace,
    body: [{ op: 'add', path: '/metadata/labels', value: { app: 'web' } }],
  });
  const baseUrl = `http://web.${namespace}.svc.cluster.local:8080`;
  return {
    kubernetes,
    namespace,
    baseUrl,
    folder,
    async start(suites, packages = new Map()) {
      const configs = suites.map((suite) => SuiteConfig.parse(suite));
      const planned = planSuites({
        suites: configs,
        modified: new Set(),
        images: { ...images, own: {} },
        runId: 'run-1',
        egress: [],
        packages,
      });
      for (const job of suiteJobs(specFor(namespace, planned))) {
        job.metadata.namespace = namespace;
        await kubernetes.batch.createNamespacedJob({ namespace, body: job });
      }
      return planned;
    },
    input(suites, files) {
      const progress: SuiteProgress[] = [];
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, 'tree', name)), { recursive: true });
        writeFileSync(join(folder, 'tree', name), content);
      }
      mkdirSync(join(folder, 'tree'), { recursive: true });
      return {
        ...{ kubernetes, namespace, suites, baseUrl, progress },
        ...{ repositoryDir: join(folder, 'tree'), artifactsDir: join(folder, 'artifacts'), runId: 'run-1', seed: '7' },
        now: () => new Date(),
        onProgress: (one) => progress.push(one),
        signal: AbortSignal.timeout(240_000),
      };
    },
    async remove() {
      rmSync(folder, { recursive: true, force: true });
      await remove();
    },
  };
}

function specFor(namespace: string, planned: PlannedSuite[]): EnvironmentSpec {
  return {
    name: namespace,
    owner: {
      ...{ instance: 'test', runId: 'run-1', changeId: 'change-1', expiresAt: Math.floor(Date.now() / 1000) + 3600 },
      ...{ repository: 'test/test', changeNumber: 1, sha: '0'.repeat(40) },
    },
    podSecurity: 'baseline',
    entry: { service: 'web', port: 8080 },
    ...{ objects: [], before: [], egress: [], pullSecret: null, preview: null, podTemplate: null },
    suites: planned.map((one) => one.pod),
    quota: { cpu: '4', memory: '8Gi', pods: 20 },
  };
}

export const hasCluster = env.GREENROOM_TEST_KUBECONFIG !== undefined;
