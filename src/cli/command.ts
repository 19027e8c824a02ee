import type { ParseArgsOptionsConfig } from 'node:util';
import type { Host } from '../host.ts';

/** What a command gets: its own words, parsed. */
export interface CommandInput {
  host: Host;
  positionals: string[];
  flags: Record<string, string | boolean | undefined>;
}

export interface Command {
  name: string;
  /** Arguments and flags as shown in the usage line. */
  usage: string;
  /** One line for the list of commands. */
  summary: string;
  /** More lines for `greenroom help <name>`; may be empty. */
  details: string[];
  options: ParseArgsOptionsConfig;
  /** The function that runs it; it returns the exit code and may throw RunErrors, which `runCli` turns into words. */
  load(): Promise<(input: CommandInput) => Promise<number>>;
}

/** Flags that every command takes. */
export const commonOptions = {
  help: { type: 'boolean', short: 'h' },
  yes: { type: 'boolean', short: 'y' },
  json: { type: 'boolean' },
  context: { type: 'string' },
  'data-dir': { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export const commonDetails = [
  '--context NAME   use this context of KUBECONFIG instead of the embedded cluster (needs GREENROOM_INSTANCE)',
  '--data-dir PATH  where state, logs and artifacts live (GREENROOM_DATA_DIR)',
  '--yes            install missing Debian packages without asking',
];
