import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SuiteConfig } from '../../src/config/repository-config.ts';
import { findOwnPackages } from '../../src/runner/own-packages.ts';
import { planSuites } from '../../src/suites/plan-suites.ts';

const tree = mkdtempSync(join(tmpdir(), 'greenroom-own-packages-'));
beforeAll(() => {
  const files = {
    'package.json': '{"devDependencies":{"ms":"2.1.3"}}',
    'package-lock.json': '{"lockfileVersion":3,"packages":{"node_modules/ms":{"version":"2.1.3"}}}',
    'e2e/a.spec.ts': "import ms from 'ms';",
    'plain/a.spec.ts': "import { test } from '@playwright/test';",
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    writeFileSync(join(tree, name), content);
  }
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

const suites = ['e2e', 'plain'].map((path) => SuiteConfig.parse({ name: path, kind: 'e2e', path, timeout: '10m' }));
const find = (buildProxy: string | null, changed: string[] = []) =>
  findOwnPackages({ suites, tree, buildProxy, changedFiles: async () => changed });

test('a suite with packages gets the way to the proxy and the time for them, and no other does', async () => {
  const { packages } = await find('http://127.0.0.1:3128');

  const images = { runner: 'r', browser: 'b', own: {} };
  const planned = planSuites({ suites, modified: new Set(), images, runId: 'run-1', egress: [], packages });
  expect(planned.map(({ pod }) => [pod.packagesFrom, pod.deadlineSeconds])).toEqual([
    [{ host: '127.0.0.1', port: 3128, cidrs: ['127.0.0.1/32'] }, 4800],
    [undefined, 4200],
  ]);
});

test.each([
  ['without a port', 'http://127.0.0.1', 80, ['127.0.0.1/32']],
  ['with TLS', 'https://127.0.0.1', 443, ['127.0.0.1/32']],
  ['on IPv6', 'http://[::1]:3128', 3128, ['::1/128']],
  ['with a name that only the cluster knows', 'http://proxy.infra.invalid:3128', 3128, ['0.0.0.0/0', '::/0']],
])('a proxy %s', async (_, address, port, cidrs) => {
  const { packages } = await find(address);

  expect(packages.get('e2e')?.install?.proxy).toMatchObject({ address, egress: { port, cidrs } });
});

test('a change that edits the lock file has edited the suite', async () => {
  expect((await find('http://127.0.0.1:3128', ['package-lock.json'])).modified).toEqual(['e2e']);
  expect((await find(null, ['package.json'])).modified).toEqual(['e2e']);
  expect((await find(null, ['src/shop.ts'])).modified).toEqual([]);
});

test('the forge is not asked for changed files where no packages are in play', async () => {
  const asked = findOwnPackages({
    ...{ suites: suites.slice(1), tree, buildProxy: null },
    changedFiles: () => Promise.reject(new Error('asked')),
  });

  await expect(asked).resolves.toMatchObject({ modified: [] });
});
