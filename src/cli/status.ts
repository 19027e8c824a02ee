import { RunError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';
import { callControl } from '../webhook/call-control.ts';
import type { CommandInput } from './command.ts';
import { loadConfig } from './load-config.ts';

interface Status {
  url: string | null;
  live: VerdictDocument[];
  recent: VerdictDocument[];
}

export async function runStatus(input: CommandInput): Promise<number> {
  const { host, flags } = input;
  const { dataDir } = loadConfig(input).service;
  let answer: Status;
  try {
    answer = (await callControl(dataDir, 'status', null, { signal: host.shutdown })) as Status;
  } catch (error) {
    if (!(error instanceof RunError) || error.code !== 'NOT_SERVING') throw error;
    host.stderr.write('no Greenroom serves this data folder; "greenroom serve" starts one\n');
    return exitCodes.couldNotTest;
  }
  if (flags.json === true) {
    host.stdout.write(`${JSON.stringify(answer)}\n`);
    return exitCodes.passed;
  }
  host.stdout.write(`serving on ${answer.url}, ${answer.live.length} runs under way\n`);
  for (const { run, phase, verdict, reason } of [
    ...answer.live,
    ...answer.recent.filter((one) => one.phase === 'done'),
  ]) {
    const change = run.change === null ? run.repository : `${run.repository}#${run.change}`;
    host.stdout.write(
      `  ${run.id}  ${change.padEnd(28)} ${run.sha.slice(0, 7)}  ${(verdict ?? phase).padEnd(12)} ${reason}\n`,
    );
  }
  return exitCodes.passed;
}
