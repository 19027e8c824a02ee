/** Runs inside Playwright's processes. Changes a repository's own configuration just enough to run in a suite pod. */
import type { PlaywrightTestConfig } from '@playwright/test';

export interface WrapOptions {
  baseUrl: string;
  chromium: string;
  /** The folder of the module `playwright-core`. */
  playwright: string;
  outputs: string;
  retries: number;
  workers: number;
  reporter: string;
  gate: string;
}

type Use = NonNullable<PlaywrightTestConfig['use']> & { defaultBrowserType?: string };

/** PURE. As `e2e.ts` hands them to Playwright's processes. */
export function wrapOptionsFrom(env: NodeJS.ProcessEnv): WrapOptions {
  return JSON.parse(env.GREENROOM_E2E ?? '{}') as WrapOptions;
}

export interface WrappedConfig {
  config: PlaywrightTestConfig;
  notices: string[];
  /** What the pod does not have: the change's input error. */
  missing: string[];
}

/** What Chromium needs in a container. */
export const launchArguments = ['--no-sandbox', '--disable-dev-shm-usage'];

/** PURE. The repository's configuration with our browser, address, reporters and artifacts; what was changed, in words. */
export function wrapConfig(own: PlaywrightTestConfig, options: WrapOptions): WrappedConfig {
  const notices: string[] = [];
  const missing: string[] = [];
  const { webServer, globalTimeout, reporter, ...kept } = own;
  if (webServer) notices.push('webServer is not started: the application runs in its environment, BASE_URL names it');
  if (globalTimeout) notices.push("globalTimeout is replaced by the suite's timeout in greenroom.yaml");
  if (reporter) notices.push('reporter is replaced: Greenroom needs the JSON and HTML reports and its own');
  const use = wrapUse(own.use ?? {}, 'use', options, missing);
  const config: PlaywrightTestConfig = {
    ...kept,
    use,
    forbidOnly: own.forbidOnly ?? false,
    outputDir: `${options.outputs}/test-results`,
    reporter: [
      [options.reporter],
      ['json', { outputFile: `${options.outputs}/playwright.json` }],
      ['html', { outputFolder: `${options.outputs}/report`, open: 'never' }],
    ],
    workers: own.workers ?? options.workers,
    ...(options.retries > 0 ? { retries: options.retries } : {}),
  };
  if (own.globalSetup) config.globalSetup = [options.gate, own.globalSetup].flat();
  if (own.projects) {
    config.projects = own.projects.map((project) => {
      const { outputDir: _, ...rest } = project;
      const wrapped = wrapUse(project.use ?? {}, `project "${project.name ?? ''}"`, options, missing, own.use);
      return { ...rest, use: wrapped, ...(options.retries > 0 ? { retries: options.retries } : {}) };
    });
  }
  return { config, notices, missing };
}

/** Where the browser is, what it needs in a container, and that its address is the environment's. */
function wrapUse(use: Use, place: string, options: WrapOptions, missing: string[], inherited: Use = {}): Use {
  const browser = use.browserName ?? use.defaultBrowserType ?? 'chromium';
  if (browser !== 'chromium') missing.push(`${place}: browser "${browser}"`);
  else if (use.channel && use.channel !== 'chromium') missing.push(`${place}: channel "${use.channel}"`);
  const { channel: _, ...kept } = use;
  const launchOptions = use.launchOptions ?? inherited.launchOptions ?? {};
  const args = [...launchArguments, ...(launchOptions.args ?? [])];
  return {
    ...kept,
    baseURL: rebase(use.baseURL ?? inherited.baseURL, options.baseUrl),
    trace: use.trace ?? inherited.trace ?? 'retain-on-failure',
    screenshot: use.screenshot ?? inherited.screenshot ?? 'only-on-failure',
    launchOptions: { ...launchOptions, executablePath: options.chromium, args: [...new Set(args)] },
  };
}

/** `http://localhost:3000/app/` keeps its path, never its host. */
function rebase(own: string | undefined, baseUrl: string): string {
  if (!own || !URL.canParse(own)) return baseUrl;
  const { pathname, search } = new URL(own);
  return pathname === '/' ? baseUrl : new URL(pathname + search, baseUrl).href;
}
