import { once } from 'node:events';
import { Hono } from 'hono';
import { explain } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLog, type Log } from '../log.ts';
import { forgetOld } from '../runner/forget-old.ts';
import { serve as listen } from '../webhook/serve.ts';
import type { CommandInput } from './command.ts';
import { loadConfig } from './load-config.ts';
import { openMachine } from './open-machine.ts';
import { type OpenService, openService } from './open-service.ts';
import { pullSecretOf } from './pull-secret.ts';
import { sweepWith } from './sweep-with.ts';

const houseEveryMs = 60_000;

export async function runServe(input: CommandInput): Promise<number> {
  const { host, flags } = input;
  const config = loadConfig(input);
  const say = (line: string) => host.stderr.write(`${line}\n`);
  const log = createLog(config.service.logLevel, host.stdout);
  const options = { host, config, assumeYes: flags.yes === true, onProgress: say, signal: host.shutdown };
  // Told before a cluster is brought up for it.
  await (await listen(new Hono(), config.service)).close(0);
  const machine = await openMachine(options);
  // A slip in the credentials is told now, not in the middle of a run.
  await pullSecretOf(config, machine.kubernetes, host.shutdown);
  const service = await openService({ host, config, machine, log, onProgress: say });
  const housekeeping = setInterval(() => {
    keepHouse(service, config.limits.retentionMs, log, host.shutdown).catch((error: unknown) =>
      log.warn({ error: explain(error) }, 'keeping house'),
    );
  }, houseEveryMs);
  try {
    if (service.forge === null) say('no forge is configured: deliveries are refused (README, "Configuration")');
    else
      service.engine.stage
        .runnerImages(host.shutdown)
        .catch((error: unknown) => log.warn({ error: explain(error) }, 'preparing the runner images'));
    say(`greenroom serves on ${service.url}, deliveries at ${config.service.publicUrl}/webhooks/github`);
    if (!host.shutdown.aborted) await once(host.shutdown, 'abort');
    say('stopping: runs under way are handed over to the next start');
  } finally {
    clearInterval(housekeeping);
    await service.close();
  }
  return exitCodes.passed;
}

/** What has expired goes, and what is older than the retention is forgotten. */
async function keepHouse(service: OpenService, retentionMs: number, log: Log, signal: AbortSignal): Promise<void> {
  const { engine, forge, store } = service;
  await sweepWith(engine, forge, { dryRun: false, onLine: (line) => log.info({ line }, 'sweep') }, signal);
  await forgetOld(store, engine.stage, retentionMs);
}
