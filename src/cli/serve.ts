import { once } from 'node:events';
import { explain } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLog } from '../log.ts';
import type { CommandInput } from './command.ts';
import { loadConfig } from './load-config.ts';
import { openMachine } from './open-machine.ts';
import { openService } from './open-service.ts';
import { sweepWith } from './sweep-with.ts';

const sweepEveryMs = 60_000;

export async function runServe(input: CommandInput): Promise<number> {
  const { host, flags } = input;
  const config = loadConfig(input);
  const say = (line: string) => host.stderr.write(`${line}\n`);
  const log = createLog(config.service.logLevel, host.stdout);
  const options = { host, config, assumeYes: flags.yes === true, onProgress: say, signal: host.shutdown };
  const machine = await openMachine(options);
  const service = await openService({ host, config, machine, log, onProgress: say });
  const sweeping = setInterval(() => {
    sweepWith(
      service.engine,
      service.forge,
      { dryRun: false, onLine: (line) => log.info({ line }, 'sweep') },
      host.shutdown,
    ).catch((error: unknown) => log.warn({ error: explain(error) }, 'sweeping'));
  }, sweepEveryMs);
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
    clearInterval(sweeping);
    await service.close();
  }
  return exitCodes.passed;
}
