import { durationMs } from '../config/duration.ts';
import { didYouMean } from '../config/nearest.ts';
import { spokenLines } from './spoken-lines.ts';

export type Command =
  | { name: 'redeploy' }
  | { name: 'run'; suite: string }
  | { name: 'teardown' }
  | { name: 'keep'; durationMs: number }
  | { name: 'approve'; sha: string }
  | { name: 'help' }
  /** Meant for us, and not understood: what is wrong, in one sentence. */
  | { name: 'unknown'; text: string; problem: string; suggestion?: string };

export const commandNames = ['redeploy', 'run', 'teardown', 'keep', 'approve', 'help'] as const;
type CommandName = (typeof commandNames)[number];

const prefix = '/greenroom';
const maxCommands = 10;

/**
 * The commands in a comment, in order, each once: `/greenroom <command>` at the start of a line, and the bare
 * `/redeploy` alone on its line. Text in code, quotes and HTML comments never commands. Never throws. PURE.
 */
export function parseCommands(body: string): Command[] {
  const found = new Map<string, Command>();
  for (const line of spokenLines(body)) {
    const command = commandOf(line);
    if (command) found.set(JSON.stringify(command), command);
    if (found.size >= maxCommands) break;
  }
  return [...found.values()];
}

function commandOf(line: string): Command | null {
  const [first = '', second, ...rest] = line.trimEnd().split(/[ \t]+/);
  if (first.toLowerCase() === '/redeploy') return second === undefined ? { name: 'redeploy' } : null;
  if (first.toLowerCase() !== prefix) return null;
  if (second === undefined) return { name: 'help' };
  const word = second.toLowerCase();
  const text = line.slice(0, 100);
  if (!isCommandName(word)) {
    const suggestion = didYouMean(word, commandNames);
    const problem = `"${second.slice(0, 40)}" is not a command`;
    return suggestion === undefined
      ? { name: 'unknown', text, problem }
      : { name: 'unknown', text, problem, suggestion };
  }
  return withArguments(word, rest, text);
}

function withArguments(name: CommandName, args: string[], text: string): Command {
  const [argument] = args;
  const unknown = (problem: string): Command => ({ name: 'unknown', text, problem });
  switch (name) {
    case 'redeploy':
    case 'teardown':
    case 'help':
      return args.length === 0 ? { name } : unknown(`"${name}" takes nothing after it`);
    case 'run':
      if (args.length !== 1 || argument === undefined) return unknown('"run" takes the name of one suite');
      return /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(argument)
        ? { name, suite: argument }
        : unknown(`"${argument.slice(0, 40)}" cannot be the name of a suite`);
    case 'keep':
      return args.length === 1 && argument !== undefined && /^[1-9]\d{0,5}[smh]$/.test(argument)
        ? { name, durationMs: durationMs(argument) }
        : unknown('"keep" takes a time such as 4h or 30m');
    case 'approve':
      return args.length === 1 && argument !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(argument)
        ? { name, sha: argument.toLowerCase() }
        : unknown('"approve" takes the full SHA of the commit that you have read');
    default:
      return name satisfies never;
  }
}

function isCommandName(word: string): word is CommandName {
  return (commandNames as readonly string[]).includes(word);
}
