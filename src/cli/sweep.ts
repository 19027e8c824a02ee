import { exitCodes } from '../exit-codes.ts';
import { sweepEnvironments } from '../runner/sweep-environments.ts';
import type { SweepResult } from '../teardown/sweep.ts';
import { callControl } from '../webhook/call-control.ts';
import type { CommandInput } from './command.ts';
import { loadConfig } from './load-config.ts';
import { withWorkerOrService } from './with-worker-or-service.ts';

export async function runSweep(input: CommandInput): Promise<number> {
  const { host, flags } = input;
  const dryRun = flags['dry-run'] === true;
  const stripFinalizers = flags['strip-finalizers'] === true;
  const onLine = (line: unknown) => host.stderr.write(`${String(line)}\n`);
  const result = await withWorkerOrService(input, {
    direct: ({ engine, forge }) =>
      sweepEnvironments(engine.player, forge, { dryRun, stripFinalizers, onLine }, host.shutdown),
    asked: async () => {
      const { dataDir } = loadConfig(input).service;
      const call = { signal: host.shutdown, onProgress: onLine };
      return (await callControl(dataDir, 'sweep', { dryRun, stripFinalizers }, call)) as SweepResult;
    },
  });
  const { found, candidates, destroyed, failed } = result;
  if (flags.json === true) host.stdout.write(`${JSON.stringify(result)}\n`);
  else
    onLine(
      `${found} environments, ${candidates.length} to go${dryRun ? ' (dry run)' : `, ${destroyed} gone, ${failed} failed`}`,
    );
  return failed === 0 ? exitCodes.passed : exitCodes.couldNotTest;
}
