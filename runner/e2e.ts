import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Child, type ChildEnd } from './child.ts';
import { heldMark } from './e2e/gate.ts';
import type { WrapOptions } from './e2e/wrap-config.ts';
import { installPackages } from './install.ts';
import type { LogEvent } from './numbered-log.ts';
import { linkPlaywright, replacePlaywright, versionNotice } from './one-playwright.ts';
import { childEnvironment, type PreparedSuite, type SuiteContext } from './suite-kind.ts';
import { BrokenSuite } from './task.ts';
import { untilMarked } from './work-folder.ts';

type Message = { greenroom?: LogEvent | { kind: 'missing'; missing: string[] } };

const configName = /^playwright\.config\.(ts|mts|cts|js|mjs|cjs)$/;

/** Starts Playwright's real CLI, which loads configuration and tests and then waits at our gate, where the browser is started once. */
export async function prepareE2e(context: SuiteContext): Promise<PreparedSuite> {
  const folder = suiteFolder(context);
  assertBrowser(context.tools.chromium);
  await prepareModules(context);
  const config = join(folder, 'greenroom.playwright.config.mts');
  writeFileSync(config, configSource(readdirSync(folder).find((name) => configName.test(name))));
  let missing: string[] = [];
  const child = new Child({
    command: context.tools.node,
    args: [
      join(context.tools.modules, '@playwright/test/cli.js'),
      'test',
      '--config',
      config,
      ...shardArguments(context),
    ],
    cwd: folder,
    env: e2eEnvironment(context),
    onStdout: (chunk) => context.output.add('stdout', chunk),
    onStderr: (chunk) => context.output.add('stderr', chunk),
    onMessage: (message) => {
      const event = (message as Message).greenroom;
      if (event?.kind === 'missing') missing = event.missing;
      else if (event?.kind === 'output') context.output.add(event.stream, event.text);
      else if (event) context.log.say(event);
    },
  });
  const over = new AbortController();
  const held = untilMarked(context.work.root, heldMark, over.signal);
  await Promise.race([held, child.ended]);
  over.abort();
  held.catch(() => undefined);
  if (missing.length > 0) {
    await child.interrupt();
    throw new BrokenSuite(
      'E2E_BROWSER_MISSING',
      `the runner image has only Chromium, but the suite asks for ${missing.join(', ')}`,
      'Leave these projects out when CI runs in Greenroom (GREENROOM_RUN is set), or name an image of your own in suites[].image.',
    );
  }
  return { ended: child.ended, abandon: () => child.interrupt(1000), run: (signal) => runE2e(child, signal) };
}

async function runE2e(child: Child, signal: AbortSignal): Promise<ChildEnd> {
  // SIGTERM would end Playwright without a report.
  const interrupt = () => void child.interruptFor(signal);
  signal.addEventListener('abort', interrupt, { once: true });
  if (signal.aborted) interrupt();
  const end = await child.ended;
  signal.removeEventListener('abort', interrupt);
  return end;
}

function suiteFolder(context: SuiteContext): string {
  const path = join(context.work.inputs, context.task.path);
  if (!existsSync(path)) throw new BrokenSuite('SUITE_FILE_MISSING', `"${context.task.path}" is not there`, '');
  return statSync(path).isDirectory() ? path : dirname(path);
}

async function prepareModules(context: SuiteContext): Promise<void> {
  const { task, work, tools, log } = context;
  linkPlaywright(context);
  const notice = versionNotice(context);
  if (notice !== null) log.say({ kind: 'notice', text: notice });
  if (task.install === null) return;
  await installPackages(context, task.install);
  replacePlaywright(join(work.inputs, task.install.folder), tools.modules);
}

/** Stands beside the repository's own configuration, so that its relative paths keep their meaning. */
function configSource(own: string | undefined): string {
  const injected = JSON.stringify(join(import.meta.dirname, 'e2e/injected-config.ts'));
  const importOwn = own ? `import * as own from ${JSON.stringify(`./${own}`)};` : 'const own = {};';
  return `import { injectConfig } from ${injected};\n${importOwn}\nexport default await injectConfig(own);\n`;
}

function shardArguments({ shard, task }: SuiteContext): string[] {
  return task.shards > 1 ? [`--shard=${shard + 1}/${task.shards}`, '--pass-with-no-tests'] : [];
}

function e2eEnvironment(context: SuiteContext): Record<string, string> {
  const { task, work, tools } = context;
  const options: WrapOptions = {
    baseUrl: task.baseUrl,
    chromium: tools.chromium,
    playwright: join(tools.modules, 'playwright-core'),
    outputs: work.outputs,
    retries: task.retries,
    workers: task.workers,
    reporter: join(import.meta.dirname, 'e2e/stream.reporter.ts'),
    gate: join(import.meta.dirname, 'e2e/gate.setup.ts'),
  };
  return {
    ...childEnvironment(context),
    GREENROOM_E2E: JSON.stringify(options),
    GREENROOM_WORK_FOLDER: work.root,
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1',
    FORCE_COLOR: '0',
    PLAYWRIGHT_HTML_OPEN: 'never',
  };
}

function assertBrowser(chromium: string): void {
  if (existsSync(chromium)) return;
  throw new BrokenSuite(
    'E2E_BROWSER_MISSING',
    `there is no Chromium at "${chromium}"`,
    'Use a runner image with a browser.',
  );
}
