import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from './child.ts';
import { judgeInstall, lastTarget, packagesIn, proxySilent } from './install-outcome.ts';
import { askForWay, findSilence } from './npm-proxy.ts';
import { childEnvironment, type SuiteContext } from './suite-kind.ts';
import { BrokenSuite } from './task.ts';

/** Enough of npm's words to judge them. */
const judgedCharacters = 64 * 1024;
/** Certificates of the machine that made the image: a proxy may open TLS, with one of the operator's own. */
const certificates = '/etc/ssl/certs/ca-certificates.crt';

/**
 * `npm ci` in the project's folder, by way of the operator's proxy alone and within the suite's time. Scripts of packages do
 * not run: they fetch or compile what the image has no tools for.
 * @throws BrokenSuite that says whose turn it is
 */
export async function installPackages(
  context: SuiteContext,
  { folder, proxy }: { folder: string; proxy: string },
): Promise<void> {
  const { log, task, cancelled } = context;
  const begun = performance.now();
  const overTime = AbortSignal.timeout(task.timeoutMs);
  const signal = AbortSignal.any([overTime, cancelled]);
  log.say({ kind: 'notice', text: `installing ${packagesIn(folder)}` });
  try {
    const silence = await findSilence(proxy, signal);
    if (silence !== null) throw proxySilent(proxy, silence);
    const { exitCode, output } = await npmCi(context, folder, proxy, signal);
    signal.throwIfAborted();
    if (exitCode !== 0) {
      const target = lastTarget(output);
      const answer = target === null ? null : await askForWay(proxy, target);
      throw judgeInstall({ folder, proxy, output, answer });
    }
  } catch (error) {
    if (!overTime.aborted || cancelled.aborted) throw error;
    const message = `${packagesIn(folder)} were not installed within the suite's time`;
    throw new BrokenSuite('E2E_INSTALL_TIMEOUT', message, 'Raise suites[].timeout, or look at the proxy.');
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  log.say({ kind: 'notice', text: `${packagesIn(folder)} are installed after ${seconds} s` });
}

async function npmCi(
  context: SuiteContext,
  folder: string,
  proxy: string,
  signal: AbortSignal,
): Promise<{ exitCode: number | null; output: string }> {
  const { work, tools } = context;
  const cache = join(work.scratch, 'npm');
  let output = '';
  const hear = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-judgedCharacters);
    context.output.add(stream, chunk);
  };
  const child = new Child({
    command: tools.node,
    args: [join(tools.modules, 'npm/bin/npm-cli.js'), 'ci', ...optionsOf(proxy, cache)],
    cwd: join(work.inputs, folder),
    env: { ...childEnvironment(context), NODE_EXTRA_CA_CERTS: certificates },
    onStdout: hear('stdout'),
    onStderr: hear('stderr'),
  });
  const interrupt = () => void child.interrupt(2000);
  signal.addEventListener('abort', interrupt, { once: true });
  if (signal.aborted) interrupt();
  const { exitCode } = await child.ended;
  signal.removeEventListener('abort', interrupt);
  await rm(cache, { recursive: true, force: true });
  return { exitCode, output };
}

/** On the command line they stand above an `.npmrc` of the project, whose `registry` counts. */
function optionsOf(proxy: string, cache: string): string[] {
  return [
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--install-strategy=hoisted',
    `--proxy=${proxy}`,
    `--https-proxy=${proxy}`,
    '--noproxy=',
    `--cache=${cache}`,
    '--logs-max=0',
    '--fetch-retries=2',
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-factor=3',
    '--fetch-timeout=60000',
    '--no-audit',
    '--no-fund',
    '--no-progress',
    '--no-update-notifier',
    '--color=false',
  ];
}
