import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import type { Config } from '../config/operator-config.ts';
import { explain } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { createGitHubApp } from '../forge/github/github-app.ts';
import type { KnownSecrets } from '../forge/known-secrets.ts';
import { createLog, type Log } from '../log.ts';
import { clearLeftovers } from '../runner/clear-leftovers.ts';
import { forgetOld } from '../runner/forget-old.ts';
import { keepReconciled } from '../runner/reconcile.ts';
import { keepDeliveriesRecovered } from '../runner/recover-deliveries.ts';
import { checksVerifier } from '../runner/verify-checks.ts';
import type { Store } from '../store/store.ts';
import { serve as listen } from '../webhook/serve.ts';
import type { CommandInput } from './command.ts';
import { gitHubOptions } from './github-options.ts';
import { knownSecretsOf } from './known-secrets-of.ts';
import { loadConfig } from './load-config.ts';
import { checkArtifacts } from './open-artifacts.ts';
import { deliveryAddresses } from './open-forges.ts';
import { openMachine } from './open-machine.ts';
import { openService } from './open-service.ts';
import { pullSecretOf } from './pull-secret.ts';

const houseEveryMs = 60_000;
/** Below the 30 s that Kubernetes gives a pod. What is not over by then ends with the process, and the next start goes on with it. */
const drainMs = 25_000;

export async function runServe(input: CommandInput): Promise<number> {
  const { host, flags } = input;
  const config = loadConfig(input);
  const say = (line: string) => host.stderr.write(`${line}\n`);
  const secrets = knownSecretsOf(config);
  const log = createLog(config.service.logLevel, host.stdout, (line) => secrets.redact(line));
  const options = { host, config, assumeYes: flags.yes === true, onProgress: say, signal: host.shutdown };
  // Told before a cluster is brought up for it.
  await (await listen(new Hono(), config.service)).close(0);
  await checkArtifacts(config, host.shutdown);
  const machine = await openMachine(options);
  // A slip in the credentials is told now, not in the middle of a run.
  await pullSecretOf(config, machine.kubernetes, host.shutdown);
  const service = await openService({ host, config, machine, log, secrets, onProgress: say });
  const housekeeping = setInterval(() => {
    forgetOld(service.store, service.engine.stage, config.limits.retentionMs).catch((error: unknown) =>
      log.warn({ error: explain(error) }, 'forgetting old runs'),
    );
    clearLeftovers(service.store, service.engine.stage).catch((error: unknown) =>
      log.warn({ error: explain(error) }, 'clearing the files of runs that are over'),
    );
  }, houseEveryMs);
  service.engine.stage.fences?.knowledge.begin();
  const { player, events } = service.engine;
  const onRepair = (kind: string, count: number) => {
    service.metrics?.repaired(kind, count);
    log.info({ kind, count }, 'repaired');
  };
  const { store, forge } = service;
  const publicUrl = config.service.publicUrl;
  const verifyChecks = forge === null ? null : checksVerifier({ store, forge, publicUrl });
  const reconciled = keepReconciled({ player, events, verifyChecks, onRepair }, host.shutdown);
  const recovered = keepRecovered(config, { store, log, secrets, onRepair }, host.shutdown);
  try {
    if (service.forge === null) say('no forge is configured: deliveries are refused (README, "Configuration")');
    else
      service.engine.stage
        .runnerImages(host.shutdown)
        .catch((error: unknown) => log.warn({ error: explain(error) }, 'preparing the runner images'));
    const addresses = deliveryAddresses(config);
    say(
      `greenroom serves on ${service.url}${addresses.length === 0 ? '' : `, deliveries at ${addresses.join(' and ')}`}`,
    );
    if (!host.shutdown.aborted) await once(host.shutdown, 'abort');
    say('stopping: runs under way are handed over to the next start');
  } finally {
    clearInterval(housekeeping);
    const closed = Promise.all([service.stop(), reconciled, recovered]).then(() => service.close());
    if (!(await isOverWithin(closed, drainMs))) say('a teardown under way is left to the next start');
  }
  return exitCodes.passed;
}

interface Keeping {
  store: Store;
  log: Log;
  secrets: KnownSecrets;
  onRepair: (kind: string, count: number) => void;
}

async function keepRecovered({ github }: Config, keeping: Keeping, signal: AbortSignal): Promise<void> {
  if (github === null) return;
  const { store, log, onRepair } = keeping;
  const { recoverDeliveries: recover } = createGitHubApp(gitHubOptions(github, log, keeping.secrets));
  await keepDeliveriesRecovered({ store, log, recover, onRecovery: (count) => onRepair('delivery', count) }, signal);
}

async function isOverWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const stop = new AbortController();
  const late = sleep(ms, false, { signal: stop.signal }).catch(() => true);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    stop.abort();
    await late;
  }
}
