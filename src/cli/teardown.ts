import { RunError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Teardown } from '../store/teardowns.ts';
import { callControl } from '../webhook/call-control.ts';
import type { CommandInput } from './command.ts';
import { loadConfig } from './load-config.ts';
import { tearDownNamed } from './tear-down-named.ts';
import { withWorkerOrService } from './with-worker-or-service.ts';

export async function runTeardown(input: CommandInput): Promise<number> {
  const { host, flags, positionals } = input;
  const target = positionals[0];
  if (target === undefined) {
    throw new RunError('running "greenroom teardown"', {
      code: 'USAGE',
      remedy: 'fix-input',
      hint: 'Name a run by its id, or a change as OWNER/REPO#N.',
    });
  }
  const wish = { target, stripFinalizers: flags['strip-finalizers'] === true };
  const say = (line: unknown) => host.stderr.write(`${String(line)}\n`);
  const receipts = await withWorkerOrService(input, {
    direct: (worker) => tearDownNamed(worker, wish, say),
    asked: async () => {
      const { dataDir } = loadConfig(input).service;
      return (await callControl(dataDir, 'teardown', wish, { signal: host.shutdown, onProgress: say })) as Teardown[];
    },
  });
  if (flags.json === true) host.stdout.write(`${JSON.stringify(receipts.map((one) => one.receipt))}\n`);
  return receipts.every((one) => one.state === 'gone') ? exitCodes.passed : exitCodes.couldNotTest;
}
