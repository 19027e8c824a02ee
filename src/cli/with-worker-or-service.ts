import { RunError } from '../errors.ts';
import { createLog } from '../log.ts';
import type { CommandInput } from './command.ts';
import { knownSecretsOf } from './known-secrets-of.ts';
import { loadConfig } from './load-config.ts';
import { openMachine } from './open-machine.ts';
import { type OpenService, openWorker } from './open-service.ts';

interface Ways<T> {
  /** Nobody serves this data folder: we hold it ourselves for the time of the command. */
  direct: (worker: OpenService) => Promise<T>;
  /** A Greenroom serves it: ask that one. */
  asked: () => Promise<T>;
}

/** The process that holds the data folder does the work (DESIGN, "State"): this one, or the one that serves. */
export async function withWorkerOrService<T>(input: CommandInput, ways: Ways<T>): Promise<T> {
  const { host, flags } = input;
  const config = loadConfig(input);
  const say = (line: string) => host.stderr.write(`${line}\n`);
  // What is being done is on the terminal already; only what goes wrong is added to it.
  const secrets = knownSecretsOf(config);
  const level = config.service.logLevel === 'info' ? 'error' : config.service.logLevel;
  const log = createLog(level, host.stderr, (line) => secrets.redact(line));
  const options = { host, config, assumeYes: flags.yes === true, onProgress: say, signal: host.shutdown };
  const machine = await openMachine(options);
  let worker: OpenService;
  try {
    worker = await openWorker({ host, config, machine, log, secrets, onProgress: say });
  } catch (error) {
    if (error instanceof RunError && error.code === 'STORE_LOCKED') return ways.asked();
    throw error;
  }
  try {
    return await ways.direct(worker);
  } finally {
    await worker.close();
  }
}
