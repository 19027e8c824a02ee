import { randomBytes } from 'node:crypto';
import { humanDuration } from '../config/duration.ts';
import { ensureBaseImages } from '../image/runner-images.ts';
import { ConsoleReporter } from '../report/console.ts';
import { checkBreakName } from './break-names.ts';
import type { CommandInput } from './command.ts';
import { type DemoChange, openDemoChange } from './demo-change.ts';
import { type DemoStand, openDemoStand } from './demo-stand.ts';
import { exitCodeOfDocument } from './exit-code-of-document.ts';
import { loadConfig } from './load-config.ts';
import { checkArtifacts } from './open-artifacts.ts';
import { ensurePackages, type Machine, openMachine } from './open-machine.ts';

export async function runDemo(input: CommandInput): Promise<number> {
  const { host, flags } = input;
  const say = (line: string) => host.stderr.write(`${line}\n`);
  const config = loadConfig(input);
  // Told before a cluster is brought up for it.
  const breakName = typeof flags.break === 'string' ? flags.break : null;
  if (breakName !== null) checkBreakName(breakName);
  await checkArtifacts(config, host.shutdown);
  const options = { host, config, assumeYes: flags.yes === true, onProgress: say, signal: host.shutdown };
  const machine = await openMachine(options);
  // The shop's database image is made of Debian's package.
  await ensurePackages(options, ['postgres']);
  await ensureBaseImages({ registry: machine.registry, cacheDir: machine.cacheDir, signal: host.shutdown });
  const stand = await openDemoStand({ host, config, machine, onProgress: say });
  try {
    return await play(input, { breakName, stand, machine, say });
  } finally {
    await stand.close();
  }
}

interface Scene {
  /** Null: a change that is fine. */
  breakName: string | null;
  stand: DemoStand;
  machine: Machine;
  say: (line: string) => void;
}

async function play({ host, flags }: CommandInput, { breakName, stand, machine, say }: Scene): Promise<number> {
  const { service, github } = stand;
  const console = new ConsoleReporter({ stream: host.stderr, now: host.now });
  const end = service.updates.watch((run) => void console.report(run));
  try {
    say(`cluster ${machine.kubernetes.context}, Greenroom on ${service.url}`);
    // The store outlives a demo and its GitHub does not: a name of its own keeps their memories apart.
    const repositoryName = `shop-${randomBytes(2).toString('hex')}`;
    const change = await openDemoChange(github, service, { breakName, repositoryName, signal: host.shutdown });
    say(`\npull request: ${change.page}`);
    const last = breakName === null ? 2 : 1;
    const keeping = flags.keep === true ? keep(change, last) : null;
    let run = await change.verdict(1);
    tellPullRequest(change, say);
    if (breakName === null) {
      say('\nada comments "/greenroom redeploy"');
      await change.comment('/greenroom redeploy');
      run = await change.verdict(2);
      tellPullRequest(change, say);
    }
    if (keeping) {
      await keeping;
      say(`\nkept: look at ${change.page} and ${service.url}; Ctrl-C ends the demo`);
      await untilInterrupted(host.shutdown);
    }
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

/** Asked for while there is something to keep: as soon as the environment of the last run comes up. */
async function keep(change: DemoChange, generation: number): Promise<void> {
  await change.phase(generation, 'provisioning');
  await change.comment('/greenroom keep 4h');
}

async function untilInterrupted(shutdown: AbortSignal): Promise<void> {
  if (!shutdown.aborted) await new Promise((resolve) => shutdown.addEventListener('abort', resolve, { once: true }));
}

function tellPullRequest(change: DemoChange, say: (line: string) => void): void {
  say(`\nchecks on ${change.head().slice(0, 7)}:`);
  for (const check of change.checks())
    say(`  ${(check.conclusion ?? check.status).padEnd(16)} ${check.name.padEnd(24)} ${check.title}`);
  const told = change.toldAfterMs();
  if (told !== null) say(`  delivery to final comment: ${humanDuration(told)}`);
}
