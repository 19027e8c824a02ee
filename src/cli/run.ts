import { resolve } from 'node:path';
import { z } from 'zod';
import { durationMs } from '../config/duration.ts';
import { RunError } from '../errors.ts';
import type { ChangeRef } from '../event/event.ts';
import { checkInput } from './check-input.ts';
import type { CommandInput } from './command.ts';
import { exitCodeOfDocument } from './exit-code-of-document.ts';
import { loadConfig } from './load-config.ts';
import type { LocalRunRequest } from './local-run.ts';

const changePattern = /^((?:gitea:)?[\w.-]+\/[\w.-]+)#(\d+)$/;

export async function runRun(input: CommandInput): Promise<number> {
  const { host, flags, positionals } = input;
  const target = positionals[0] ?? '.';
  const config = loadConfig(input);
  const request = requestOf(input, target);
  const change = changeOf(target);
  if (change === null) await checkInput({ request, limits: config.limits, now: host.now() }, host.shutdown);
  // Loaded only now: a slip in greenroom.yaml must not wait for the engine.
  const { validate } = await import('./validate.ts');
  const document = await validate(input, request, change);
  if (flags.json === true) host.stdout.write(`${JSON.stringify(document)}\n`);
  return exitCodeOfDocument(document);
}

function changeOf(target: string): ChangeRef | null {
  const [, repository, number] = changePattern.exec(target) ?? [];
  return repository === undefined ? null : { repository, number: Number(number) };
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
