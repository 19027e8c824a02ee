import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { humanDuration } from '../config/duration.ts';
import { type Config, loadOperatorConfig } from '../config/operator-config.ts';
import type { GitHubStandIn } from '../forge/github-stand-in/start-github-stand-in.ts';
import { ensureBaseImages } from '../image/runner-images.ts';
import { createLog } from '../log.ts';
import { ConsoleReporter } from '../report/console.ts';
import type { Command, CommandInput } from './command.ts';
import { breakNames, type DemoChange, openDemoChange } from './demo-change.ts';
import { exitCodeOfDocument } from './exit-code-of-document.ts';
import { loadConfig } from './load-config.ts';
import { type Machine, openMachine } from './open-machine.ts';
import { type OpenService, openService } from './open-service.ts';

export const demo: Command = {
  name: 'demo',
  usage: '[--break NAME] [--keep] [--json]',
  summary: 'The whole loop on this machine: a pull request, its environment, its suites, its checks, its teardown.',
  details: [
    `--break NAME  a change that is broken in a named way: ${breakNames.join(', ')}`,
    '--keep        leave the environment and the pages up until Ctrl-C',
    '--json        the last verdict document alone on standard output',
  ],
  options: { break: { type: 'string' }, keep: { type: 'boolean' } },
  run: runDemo,
};

async function runDemo(input: CommandInput): Promise<number> {
  const { host, flags } = input;
  const say = (line: string) => host.stderr.write(`${line}\n`);
  const config = loadConfig(input);
  const options = { host, config, assumeYes: flags.yes === true, onProgress: say, signal: host.shutdown };
  const machine = await openMachine(options);
  await ensureBaseImages({ registry: machine.registry, cacheDir: machine.cacheDir, signal: host.shutdown });
  const scratch = await mkdtemp(join(tmpdir(), 'greenroom-demo-'));
  // Only the demo and the tests need GitHub's stand-in; it loads GitHub's whole published description.
  const { startGitHubStandIn } = await import('../forge/github-stand-in/start-github-stand-in.ts');
  const github = await startGitHubStandIn({ dataDir: scratch, users: { ada: 'write', mallory: 'none' } });
  try {
    const service = await openService({
      host,
      config: await demoConfig(input, config, github),
      machine,
      log: createLog('error', host.stderr),
      onProgress: say,
    });
    try {
      github.setWebhookUrl(`${service.url}/webhooks/github`);
      return await play(input, service, github, machine, say);
    } finally {
      await service.close();
    }
  } finally {
    await github.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function play(
  { host, flags }: CommandInput,
  service: OpenService,
  github: GitHubStandIn,
  machine: Machine,
  say: (line: string) => void,
): Promise<number> {
  const console = new ConsoleReporter({ stream: host.stderr, now: host.now });
  const end = service.updates.watch((run) => void console.report(run));
  try {
    const breakName = typeof flags.break === 'string' ? flags.break : null;
    say(`cluster ${machine.kubernetes.context}, Greenroom on ${service.url}`);
    const change = await openDemoChange(github, service, { breakName, signal: host.shutdown });
    say(`\npull request: ${change.page}`);
    let run = await change.verdict(1);
    tellPullRequest(change, say);
    if (breakName === null) {
      say('\nada comments "/greenroom redeploy"');
      await change.comment('/greenroom redeploy');
      run = await change.verdict(2);
      tellPullRequest(change, say);
    }
    if (flags.keep === true) await keepUntilInterrupted(change, service, say, host.shutdown);
    say('\nthe pull request is closed');
    const closed = await change.close();
    for (const line of closed) say(line);
    github.assertClean();
    if (flags.json === true) host.stdout.write(`${JSON.stringify(run.document)}\n`);
    return exitCodeOfDocument(run.document);
  } finally {
    end();
    console.close();
  }
}

async function keepUntilInterrupted(
  change: DemoChange,
  service: OpenService,
  say: (line: string) => void,
  shutdown: AbortSignal,
): Promise<void> {
  await change.comment('/greenroom keep 4h');
  say(`\nkept: look at ${change.page} and ${service.url}; Ctrl-C ends the demo`);
  if (!shutdown.aborted) await new Promise((resolve) => shutdown.addEventListener('abort', resolve, { once: true }));
}

function tellPullRequest(change: DemoChange, say: (line: string) => void): void {
  say(`\nchecks on ${change.head().slice(0, 7)}:`);
  for (const check of change.checks())
    say(`  ${(check.conclusion ?? check.status).padEnd(16)} ${check.name.padEnd(24)} ${check.title}`);
  const told = change.toldAfterMs();
  if (told !== null) say(`  delivery to final comment: ${humanDuration(told)}`);
}

/** The demo is an installation of its own: it never mixes with what this machine's Greenroom knows. */
async function demoConfig(input: CommandInput, config: Config, github: GitHubStandIn): Promise<Config> {
  const port = await freePort();
  return loadOperatorConfig({
    ...input.host.env,
    ...(config.cluster.context === null ? {} : { GREENROOM_KUBE_CONTEXT: config.cluster.context }),
    DATABASE_URL: undefined,
    GREENROOM_DATA_DIR: join(config.service.dataDir, 'demo'),
    GREENROOM_INSTANCE: `${config.service.instance}-demo`,
    GREENROOM_HOST: '127.0.0.1',
    GREENROOM_PORT: String(port),
    GREENROOM_PUBLIC_URL: `http://127.0.0.1:${port}`,
    GREENROOM_GITHUB_API_URL: github.apiUrl,
    GREENROOM_GITHUB_APP_ID: github.appId,
    GREENROOM_GITHUB_PRIVATE_KEY: github.privateKey,
    GREENROOM_GITHUB_WEBHOOK_SECRET: github.webhookSecret,
  });
}

/** Known before anything is written: links in checks need it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
