import { parseArgs } from 'node:util';
import { nearest } from '../config/nearest.ts';
import { asRunError, explain, formatProblem, type RunError } from '../errors.ts';
import { exitCodeOfRemedy, exitCodes } from '../exit-codes.ts';
import type { Host } from '../host.ts';
import { plainText } from '../report/escape.ts';
import { type Command, commonDetails, commonOptions } from './command.ts';
import { commands } from './commands.ts';

/** The whole command line: never rejects, returns the exit code (README, "Exit codes"). */
export async function runCli(host: Host): Promise<number> {
  const [name, ...rest] = host.argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return help(host, rest[0]);
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    const close = nearest(
      name,
      commands.map((candidate) => candidate.name),
    );
    host.stderr.write(`greenroom: unknown command "${name}"${close ? `; did you mean "${close}"?` : ''}\n`);
    host.stderr.write('Run "greenroom help" for the list.\n');
    return exitCodes.fixInput;
  }
  try {
    return await dispatch(command, rest, host);
  } catch (error) {
    if (host.shutdown.aborted) {
      host.stderr.write('greenroom: interrupted\n');
      return exitCodes.interrupted;
    }
    return tell(asRunError(error, `running "greenroom ${name}"`), host);
  }
}

async function dispatch(command: Command, words: string[], host: Host): Promise<number> {
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  const options = { ...commonOptions, ...command.options };
  try {
    parsed = parseArgs({ args: words, options, allowPositionals: true });
  } catch (error) {
    host.stderr.write(
      `greenroom ${command.name}: ${slipOf(error, options)}\nUsage: greenroom ${command.name} ${command.usage}\n`,
    );
    return exitCodes.fixInput;
  }
  if (parsed.values.help === true) return help(host, command.name);
  const flags = parsed.values as Record<string, string | boolean | undefined>;
  const run = await command.load();
  return run({ host, positionals: parsed.positionals, flags });
}

/** Node's words for a flag that is wrong, without its advice on "--"; ours for one that is not there. */
function slipOf(error: unknown, options: Command['options']): string {
  const [words = ''] = explain(error).split('. ');
  const flag = /^Unknown option '--?([^']+)'/.exec(words)?.[1];
  if (flag === undefined) return words;
  const close = nearest(flag, Object.keys(options));
  return `unknown flag "--${flag}"${close ? `; did you mean "--${close}"?` : ''}`;
}

function help(host: Host, name: string | undefined): number {
  const command = commands.find((candidate) => candidate.name === name);
  if (command) {
    host.stdout.write(`greenroom ${command.name} ${command.usage}\n\n  ${command.summary}\n\n`);
    for (const line of [...command.details, ...commonDetails]) host.stdout.write(`  ${line}\n`);
    return exitCodes.passed;
  }
  host.stdout.write('Greenroom: is this change good, and if not, whose fault is it?\n\n');
  for (const each of commands) host.stdout.write(`  greenroom ${each.name} ${each.usage}\n      ${each.summary}\n`);
  host.stdout.write(
    '\nExit codes: 0 passed or flaky, 1 failed, 2 fix your input, 3 could not test (retry), 4 our bug, 130 interrupted.\n',
  );
  return exitCodes.passed;
}

/** An error for a person: what was being done, all problems, the evidence, one hint. A change may have written parts of it. */
function tell(error: RunError, host: Host): number {
  const say = (text: string) => host.stderr.write(`${plainText(text)}\n`);
  say(`greenroom: ${explain(error)} [${error.code}]`);
  for (const problem of error.problems) say(`  ${formatProblem(problem)}`);
  for (const line of error.evidence) say(`  | ${line}`);
  if (error.hint) say(`  ${error.hint}`);
  if (error.remedy === 'retry') host.stderr.write('  This may pass by itself: try again.\n');
  if (error.remedy === 'report-bug') {
    host.stderr.write('  This is a bug in Greenroom. Please report it with these lines:\n');
    say(stackOf(error));
  }
  return exitCodeOfRemedy(error.remedy);
}

function stackOf(error: RunError): string {
  const innermost = error.cause instanceof Error ? error.cause : error;
  return (innermost.stack ?? innermost.message).split('\n').slice(0, 12).join('\n');
}
