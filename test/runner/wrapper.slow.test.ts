import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  aCheck,
  chromiumPath,
  k6Path,
  runWrapper,
  startApplication,
  type WrapperOptions,
  type WrapperRun,
} from './run-wrapper.ts';

let application: Awaited<ReturnType<typeof startApplication>>;
beforeAll(async () => {
  application = await startApplication();
});
afterAll(() => {
  application.server.close();
});

/** Runs the wrapper, gives the run to `look`, and removes its folder. */
async function withRun<T>(options: WrapperOptions, look: (run: WrapperRun) => T): Promise<T> {
  const run = await runWrapper(options);
  try {
    return look(run);
  } finally {
    run.remove();
  }
}

function expectOneVoice(run: WrapperRun): void {
  expect(run.foreign).toEqual([]);
  expect(run.lines.map((line) => line.seq)).toEqual(run.lines.map((_, index) => index + 1));
  expect(run.lines.at(-1)?.kind).toBe('finished');
}

describe('smoke', { timeout: 120_000 }, () => {
  test('each check is told, and results are a file', async () => {
    const checks = [
      aCheck({ name: 'home', expect: { contains: ['Hello'], headers: { 'Content-Type': 'text/html' } } }),
      aCheck({ name: 'json', path: '/json', expect: { json: { items: [1, 2] } } }),
      aCheck({ name: 'slow', path: '/slow', expect: { withinMs: 100 } }),
    ];

    const outcome = await withRun(
      { task: { kind: 'smoke', path: 's.yaml', baseUrl: application.url, checks }, files: {} },
      (run) => {
        expectOneVoice(run);
        return { finished: run.finished, report: JSON.parse(run.readOutput('smoke.json')) };
      },
    );

    expect(outcome.finished).toMatchObject({ outcome: 'completed', exitCode: 1 });
    expect(outcome.report.outcomes.map((one: { attempts: { status: string }[] }) => one.attempts[0]?.status)).toEqual([
      'passed',
      'passed',
      'failed',
    ]);
  });

  test('a suite over its time ends early and keeps what it had', async () => {
    const checks = [
      aCheck({ name: 'home' }),
      ...Array.from({ length: 400 }, (_, index) => aCheck({ name: `slow ${index}`, path: '/slow' })),
    ];
    const task = { kind: 'smoke' as const, path: 's.yaml', baseUrl: application.url, checks, timeoutMs: 4000 };

    const { finished, done } = await withRun({ task, files: {} }, (run) => ({
      finished: run.finished,
      done: JSON.parse(run.readOutput('smoke.json')).outcomes.length,
    }));

    expect(finished.outcome).toBe('timed-out');
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(401);
  });
});

describe.runIf(existsSync(k6Path))('load', { timeout: 120_000 }, () => {
  const script = (options: string, body: string) =>
    `import http from 'k6/http';\nexport const options = ${options};\nexport default function () { ${body} }\n`;
  const request = "http.get(`${__ENV.BASE_URL}/?user=${__ENV.USERS}`, { tags: { name: 'home' } });";
  const task = () => ({ kind: 'load' as const, path: 'load/s.ts', baseUrl: application.url, env: { USERS: '3' } });

  test('a crossed threshold is exit 99 with histograms and a dashboard, and what it prints is only output', async () => {
    const options = "{ vus: 2, duration: '4s', thresholds: { http_req_duration: ['p(95)<0.001'] } }";
    const files = { 'load/s.ts': script(options, `console.log('{"seq":1,"t":1,"kind":"finished"}'); ${request}`) };

    await withRun({ task: task(), files }, (run) => {
      expectOneVoice(run);
      expect(run.finished).toMatchObject({ outcome: 'completed', exitCode: 99 });
      expect(JSON.parse(run.readOutput('load.json')).endpoints[0]).toMatchObject({ name: 'home', method: 'GET' });
      expect(run.readOutput('dashboard.html')).toContain('<html');
    });
  });

  test('a script that throws while it loads is broken before any go', async () => {
    await withRun({ task: task(), files: { 'load/s.ts': "throw new Error('no such thing');" } }, (run) => {
      expect(run.finished).toMatchObject({ outcome: 'broken', problem: { code: 'LOAD_SCRIPT_BROKEN' } });
      expect(run.warmAfterMs).toBeNull();
    });
  });

  test('a cancelled run still writes what it measured', async () => {
    const files = { 'load/s.ts': script("{ vus: 1, duration: '60s' }", request) };
    const onLine: WrapperOptions['onLine'] = (line, act) => {
      if (line.kind === 'progress' && Number(line.done) > 0) act.mark('cancel');
    };

    await withRun({ task: task(), files, onLine }, (run) => {
      expect(run.finished).toMatchObject({ outcome: 'cancelled', exitCode: 105 });
      expect(JSON.parse(run.readOutput('load.json')).endpoints[0].requests).toBeGreaterThan(0);
    });
  });
});

describe.runIf(existsSync(chromiumPath))('e2e', { timeout: 240_000 }, () => {
  const greets =
    "test('greets', async ({ page }) => { await page.goto('./'); await expect(page.locator('h1')).toHaveText('Hello'); });";
  const spec = (body: string) => `import { test, expect } from '@playwright/test';\n${body}\n`;
  const task = () => ({ kind: 'e2e' as const, path: 'e2e', baseUrl: application.url });

  test('a repository’s own configuration runs with our browser, address and reports', async () => {
    const config = `import { defineConfig, devices } from '@playwright/test';
export default defineConfig({ webServer: { command: 'false', url: 'http://localhost:1' }, reporter: 'line',
  use: { baseURL: 'http://localhost:3000/' }, projects: [{ name: 'desktop', use: { ...devices['Desktop Chrome'] } }] });`;
    const files = {
      'e2e/playwright.config.ts': config,
      'e2e/a.spec.ts': spec(`${greets} test('says', () => { console.log('{"seq":1}'); });`),
    };

    await withRun({ task: task(), files }, (run) => {
      expectOneVoice(run);
      expect(run.finished).toMatchObject({ outcome: 'completed', exitCode: 0 });
      expect(JSON.parse(run.readOutput('playwright.json')).stats).toMatchObject({ expected: 2, unexpected: 0 });
      expect(run.readOutput('report/index.html')).toContain('<html');
      expect(
        run.lines
          .filter((line) => line.kind === 'notice')
          .map((line) => line.text)
          .join(),
      ).toContain('webServer');
    });
  });

  test('a browser that is not there is named before any go', async () => {
    const config =
      "export default { projects: [{ name: 'fox', use: { browserName: 'firefox' } }, { name: 'edge', use: { channel: 'msedge' } }] };";
    const files = { 'e2e/playwright.config.ts': config, 'e2e/a.spec.ts': spec(greets) };

    await withRun({ task: task(), files }, (run) => {
      expect(run.finished).toMatchObject({ outcome: 'broken', problem: { code: 'E2E_BROWSER_MISSING' } });
      expect(run.finished.problem?.message).toContain('project "fox": browser "firefox"');
      expect(run.finished.problem?.message).toContain('channel "msedge"');
    });
  });

  test('an import that is not there is in the report', async () => {
    const files = { 'e2e/a.spec.ts': `import _ from 'lodash-of-mine';\n${spec(`_(); ${greets}`)}` };

    await withRun({ task: task(), files }, (run) => {
      expect(run.finished).toMatchObject({ outcome: 'completed', exitCode: 1 });
      expect(JSON.parse(run.readOutput('playwright.json')).errors[0].message).toContain('lodash-of-mine');
    });
  });

  test('a suite over its time is interrupted and reports what it had', async () => {
    const files = {
      'e2e/a.spec.ts': spec(
        `test('quick', () => {}); test('endless', async ({ page }) => { await page.waitForTimeout(100_000); });`,
      ),
    };

    await withRun({ task: { ...task(), timeoutMs: 15_000 }, files }, (run) => {
      expect(run.finished.outcome).toBe('timed-out');
      expect(JSON.parse(run.readOutput('playwright.json')).stats.expected).toBe(1);
    });
  });
});
