import { existsSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ConnectProxy, startConnectProxy } from '../suites/connect-proxy.ts';
import { npmProject, registry } from '../suites/npm-project.ts';
import { chromiumPath, runWrapper, startApplication, type WrapperOptions, type WrapperRun } from './run-wrapper.ts';

const unused = 'http://127.0.0.1:9';
let application: Awaited<ReturnType<typeof startApplication>>;
let proxy: ConnectProxy;
const ends: (() => void)[] = [];
beforeAll(async () => {
  application = await startApplication();
  proxy = await startConnectProxy();
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
});
afterAll(() => {
  application.server.close();
  proxy.stop();
});

async function run(
  files: Record<string, string>,
  task: Partial<WrapperOptions['task']> & { proxy?: string } = {},
  onLine?: WrapperOptions['onLine'],
): Promise<WrapperRun> {
  const { proxy: address = `http://127.0.0.1:${proxy.port}`, ...more } = task;
  const install = { folder: 'shop', proxy: address };
  const common = { kind: 'e2e' as const, path: 'shop/e2e', baseUrl: application.url, install, playwright: '1.50.1' };
  const ran = await runWrapper({ task: { ...common, ...more }, files, ...(onLine ? { onLine } : {}) });
  ends.push(ran.remove);
  return ran;
}

/** Takes connections and says nothing. */
async function startSilence(): Promise<string> {
  const open: Socket[] = [];
  const server: Server = createServer((socket) => void open.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Has what this machine's registry has, under an address of its own. */
async function startMirror(): Promise<string> {
  const server = createHttpServer(async (request, response) => {
    const found = await fetch(new URL((request.url ?? '').slice(1), registry));
    response.writeHead(found.status).end(Buffer.from(await found.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe.runIf(existsSync(chromiumPath))('npm packages of a Playwright project', { timeout: 240_000 }, () => {
  test('are there before go, and their Playwright gives way to ours; no script of theirs has run', async () => {
    const manifest = JSON.parse(npmProject()['shop/package.json'] ?? '');
    const scripts = { scripts: { preinstall: 'exit 3', postinstall: 'exit 3', prepare: 'exit 3' } };

    const { finished, lines, readOutput } = await run(
      npmProject({ 'shop/package.json': JSON.stringify({ ...manifest, ...scripts }) }),
    );

    expect(finished).toMatchObject({ outcome: 'completed', exitCode: 0 });
    expect(JSON.parse(readOutput('playwright.json')).stats).toMatchObject({ expected: 5, unexpected: 0 });
    const notices = lines.filter((line) => line.kind === 'notice').map((line) => String(line.text));
    expect(notices[0]).toMatch(
      /^Playwright 1\.\d+\.\d+ of the runner image is used, in place of the project's 1\.50\.1$/,
    );
    expect(notices[2]).toMatch(/^the npm packages of "shop\/package\.json" are installed after \d/);
    expect(proxy.asked.length).toBeGreaterThan(0);
  });

  test('come from the registry that the project’s own .npmrc names, whatever the lock file says', async () => {
    const mirror = await startMirror();
    const before = proxy.asked.length;

    const { finished } = await run(npmProject({ 'shop/.npmrc': `registry=${mirror}\n` }));

    expect(finished).toMatchObject({ outcome: 'completed', exitCode: 0 });
    const asked = proxy.asked.slice(before);
    expect(asked).toContain(`${mirror}ms/-/ms-2.1.3.tgz`);
    expect(asked.filter((address) => !address.startsWith(mirror))).toEqual([]);
  });

  test('that the lock file does not have are its fault', async () => {
    const manifest = { devDependencies: { '@playwright/test': '1.50.1', ms: '2.1.3', semver: '7.6.0' } };

    const { finished } = await run(npmProject({ 'shop/package.json': JSON.stringify(manifest) }));

    expect(finished).toMatchObject({ outcome: 'broken', problem: { code: 'E2E_LOCK_BROKEN' } });
    expect(finished.problem?.message).toContain('Missing: semver@7.6.0 from lock file');
  });

  const tarball = 'https://registry.npmjs.org/ms/-/ms-2.1.999.tgz';
  test.each<[string, string, Record<string, string>]>([
    ['a version that does not exist', '2.1.999', { version: '2.1.999', resolved: tarball }],
    ['other bytes than locked', '2.1.3', { integrity: `sha512-${'A'.repeat(86)}==` }],
  ])('that nobody gives are named: %s', async (_, wanted, locked) => {
    const devDependencies = { '@playwright/test': '1.50.1', ms: wanted };
    const lock = JSON.parse(npmProject()['shop/package-lock.json'] ?? '');
    const { integrity: _own, ...known } = lock.packages['node_modules/ms'];
    lock.packages[''].devDependencies = devDependencies;
    lock.packages['node_modules/ms'] = { ...known, ...locked };

    const { finished } = await run(
      npmProject({
        'shop/package.json': JSON.stringify({ name: 'shop-e2e', devDependencies }),
        'shop/package-lock.json': JSON.stringify(lock),
      }),
    );

    expect(finished).toMatchObject({ outcome: 'broken', problem: { code: 'E2E_PACKAGE_MISSING' } });
  });

  test('behind a proxy that forbids their registry', async () => {
    const forbidding = await startConnectProxy(403);
    ends.push(forbidding.stop);

    const { finished } = await run(npmProject({ 'shop/.npmrc': '' }), { proxy: `http://127.0.0.1:${forbidding.port}` });

    expect(finished).toMatchObject({ outcome: 'broken', problem: { code: 'E2E_PROXY_REFUSED' } });
    expect(finished.problem?.message).toContain('answers 403');
    expect(forbidding.asked).toContain('registry.npmjs.org:443');
  });

  test('behind a proxy where nobody listens', async () => {
    const { finished } = await run(npmProject(), { proxy: unused });

    expect(finished).toMatchObject({ outcome: 'broken', problem: { code: 'E2E_PROXY_UNREACHABLE' } });
    expect(finished.problem?.message).toContain('ECONNREFUSED');
  });

  test('that do not come in the suite’s time', async () => {
    const { finished } = await run(npmProject(), { proxy: await startSilence(), timeoutMs: 4000 });

    expect(finished).toMatchObject({ outcome: 'broken', problem: { code: 'E2E_INSTALL_TIMEOUT' } });
  });

  test('of a suite that nobody wants any more', async () => {
    const { finished } = await run(npmProject(), { proxy: await startSilence() }, (line, act) => {
      if (String(line.text).startsWith('installing')) setTimeout(() => act.mark('cancel'), 1000);
    });

    expect(finished.outcome).toBe('cancelled');
  });

  test('that a configuration imports and nobody installs are in what it prints', async () => {
    const files = {
      'shop/e2e/playwright.config.ts': "import ms from 'ms';\nexport default { timeout: ms('10s') };\n",
      'shop/e2e/a.spec.ts': "import { test } from '@playwright/test';\ntest('does nothing', () => {});\n",
    };

    const { finished } = await run(files, { install: null });

    expect(finished).toMatchObject({ exitCode: 1 });
    expect(finished.outputTail).toMatch(/Cannot find (?:module|package) 'ms'/);
  });
});
