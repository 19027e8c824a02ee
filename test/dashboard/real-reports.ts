import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

const modules = join(dirname(fileURLToPath(import.meta.url)), '../../node_modules');
const k6 = env.GREENROOM_TEST_K6 ?? join(env.HOME ?? '', '.cache/greenroom/toolchain/k6-2.2.0/k6');

/** `report/` as Playwright's HTML reporter leaves it for a failed test with a screenshot and a trace. */
export async function makePlaywrightReport(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await symlink(modules, join(folder, 'node_modules'));
  await writeFile(
    join(folder, 'playwright.config.mjs'),
    `export default { testDir: '.', outputDir: 'results', workers: 1, timeout: 60000,
      reporter: [['html', { open: 'never', outputFolder: 'report' }]],
      use: { screenshot: 'on', trace: 'on', launchOptions: { executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] } } };`,
  );
  await writeFile(
    join(folder, 'shop.spec.mjs'),
    `import { expect, test } from '@playwright/test';
    test('the order number appears', async ({ page }) => {
      await page.setContent('<h1>Thank you</h1>');
      expect('').toMatch(/ORD/);
    });`,
  );
  await run(execPath, [join(modules, '@playwright/test/cli.js'), 'test'], folder);
}

/** `dashboard.html` as k6 exports it, of a load on a loopback server. */
export async function makeK6Dashboard(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await writeFile(
    join(folder, 'script.js'),
    `import http from 'k6/http';
    export const options = { vus: 2, duration: '5s' };
    export default function () { http.get('http://127.0.0.1:${port}/'); }`,
  );
  const settings = {
    K6_WEB_DASHBOARD: 'true',
    K6_WEB_DASHBOARD_PORT: '-1',
    K6_WEB_DASHBOARD_PERIOD: '1s',
    K6_WEB_DASHBOARD_EXPORT: 'dashboard.html',
    K6_NO_USAGE_REPORT: 'true',
  };
  await run(k6, ['run', '--quiet', '--address', '', 'script.js'], folder, settings);
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

/** A red test's exit code is what we want here; a report that is missing shows in the test. */
async function run(file: string, args: string[], cwd: string, more: Record<string, string> = {}): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const { PATH, HOME } = env;
    execFile(file, args, { cwd, env: { PATH, HOME, ...more }, timeout: 240_000 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new Error(`${file}: ${error.message}\n${stdout}\n${stderr}`));
      else resolve();
    });
  });
}
