import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SuiteConfig } from '../../src/config/repository-config.ts';
import { runSuites } from '../../src/suites/run-suites.ts';
import { planPackages } from '../../src/suites/suite-packages.ts';
import { type ConnectProxy, startConnectProxy } from './connect-proxy.ts';
import { npmProject } from './npm-project.ts';
import { startProxyRelay } from './proxy-relay.ts';
import { hasCluster, openSuiteCluster, type SuiteCluster } from './suite-cluster.ts';

const suites: Partial<SuiteConfig>[] = [
  { name: 'shopping', kind: 'e2e', path: 'shop/e2e' },
  { name: 'without-lock', kind: 'e2e', path: 'bare' },
];
const bare = "import { test } from '@playwright/test';\nimport _ from 'lodash';\ntest('chunks', () => _.chunk([]));\n";

describe.runIf(hasCluster)('a Playwright project with npm packages', { timeout: 300_000 }, () => {
  let cluster: SuiteCluster;
  let proxy: ConnectProxy;
  let relay: Awaited<ReturnType<typeof startProxyRelay>>;

  beforeAll(async () => {
    cluster = await openSuiteCluster();
    proxy = await startConnectProxy();
    relay = await startProxyRelay(cluster.kubernetes, cluster.namespace, proxy.port);
  }, 300_000);
  afterAll(async () => {
    relay?.stop();
    proxy?.stop();
    await cluster?.remove();
  }, 60_000);

  test('has them from its lock file before go, by way of the proxy, and runs on one Playwright', async () => {
    const files = { ...npmProject(), 'bare/a.spec.ts': bare, 'bare/package.json': '{}' };
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(cluster.folder, 'tree', name)), { recursive: true });
      writeFileSync(join(cluster.folder, 'tree', name), content);
    }
    const { address, host, port } = relay;
    const way = { address, egress: { host, port, cidrs: [`${host}/32`] } };
    const configs = suites.map((suite) => SuiteConfig.parse(suite));
    const packages = planPackages(configs, join(cluster.folder, 'tree'), way);
    const planned = await cluster.start(suites, packages);
    const input = cluster.input(planned, {});

    const [shopping, withoutLock] = await runSuites(input);

    expect(shopping?.failure).toBeUndefined();
    expect(shopping?.tests.map((one) => `${one.name} ${one.status}`)).toEqual([
      'measures time passed',
      'greets passed',
      'has one @playwright/test passed',
      'has one playwright passed',
      'has one playwright-core passed',
    ]);
    expect(proxy.asked.length).toBeGreaterThan(0);
    const said = input.progress.filter((one) => one.suite === 'shopping');
    const installed = said.findIndex((one) => one.line?.includes('are installed after'));
    expect(installed).toBeGreaterThanOrEqual(0);
    expect(installed).toBeLessThan(said.findIndex((one) => one.state === 'warm'));
    expect(said.some((one) => one.line?.includes("in place of the project's 1.50.1"))).toBe(true);
    expect(withoutLock).toMatchObject({ status: 'errored', failure: { class: 'test', code: 'E2E_IMPORT_MISSING' } });
    expect(withoutLock?.failure?.message).toContain('imports "lodash", which is not there');
    expect(withoutLock?.failure?.evidence[0]).toContain('suites[].image');
  });
});
