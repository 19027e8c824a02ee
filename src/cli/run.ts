import { resolve } from 'node:path';
import { z } from 'zod';
import { durationMs } from '../config/duration.ts';
import { RunError } from '../errors.ts';
import { createLog } from '../log.ts';
import { ConsoleReporter } from '../report/console.ts';
import type { Run } from '../run/run.ts';
import { VerdictDocument } from '../verdict/verdict-document.ts';
import { callControl } from '../webhook/call-control.ts';
import { changeRun } from './change-run.ts';
import { checkInput } from './check-input.ts';
import type { CommandInput } from './command.ts';
import { exitCodeOfDocument } from './exit-code-of-document.ts';
import { loadConfig } from './load-config.ts';
import { type LocalRunRequest, runLocally } from './local-run.ts';
import { openMachine } from './open-machine.ts';
import { type OpenService, openWorker } from './open-service.ts';

const changePattern = /^([\w.-]+\/[\w.-]+)#(\d+)$/;

export async function runRun(input: CommandInput): Promise<number> {
  const { host, flags, positionals } = input;
  const target = positionals[0] ?? '.';
  const config = loadConfig(input);
  const request = requestOf(input, target);
  if (!changePattern.test(target)) {
    await checkInput({ request, limits: config.limits, now: host.now() }, host.shutdown);
  }
  const console = new ConsoleReporter({ stream: host.stderr, now: host.now });
  const show = (update: Run) => void console.report(update);
  const document = await withWorkerOrService(input, {
    direct: async (worker) => {
      const end = worker.updates.watch(show);
      try {
        const change = changePattern.exec(target);
        if (!change) return await runLocally(worker.engine, worker.updates, request, host.shutdown);
        return await changeRun(
          worker,
          { repository: change[1] ?? '', number: Number(change[2]) },
          request,
          host.shutdown,
        );
      } finally {
        end();
      }
    },
    asked: async () => {
      if (changePattern.test(target)) throw serviceRunsChanges(target);
      const onProgress = (progress: unknown) => show((progress as { run: Run }).run);
      const answer = await callControl(config.service.dataDir, 'run', request, { signal: host.shutdown, onProgress });
      return VerdictDocument.parse(answer);
    },
  });
  console.close();
  if (flags.json === true) host.stdout.write(`${JSON.stringify(document)}\n`);
  return exitCodeOfDocument(document);
}

function requestOf({ host, flags }: CommandInput, target: string): LocalRunRequest {
  const suites = z.array(z.string()).optional().parse(flags.suite);
  return {
    path: resolve(host.cwd, changePattern.test(target) ? '.' : target),
    base: typeof flags.base === 'string' ? flags.base : null,
    suites: suites ?? null,
    keepMs: typeof flags.keep === 'string' ? keepOf(flags.keep) : null,
    trigger: 'local',
  };
}

function keepOf(text: string): number {
  try {
    return durationMs(text);
  } catch (cause) {
    throw new RunError(`reading --keep "${text}"`, {
      code: 'USAGE',
      remedy: 'fix-input',
      hint: 'Say it as in --keep 1h.',
      cause,
    });
  }
}

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
  const log = createLog(config.service.logLevel === 'info' ? 'error' : config.service.logLevel, host.stderr);
  const options = { host, config, assumeYes: flags.yes === true, onProgress: say, signal: host.shutdown };
  const machine = await openMachine(options);
  let worker: OpenService;
  try {
    worker = await openWorker({ host, config, machine, log, onProgress: say });
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

function serviceRunsChanges(target: string): RunError {
  return new RunError(`running "${target}" beside a Greenroom that serves`, {
    code: 'SERVICE_RUNS_CHANGES',
    remedy: 'fix-input',
    hint: 'Ask for it with a comment "/greenroom redeploy" on the change, or name the folder of a working tree.',
  });
}
