import { breakNames } from './break-names.ts';
import type { Command } from './command.ts';

/** Every command, in the order in which people meet them. What a command needs is loaded when it runs. */
export const commands: readonly Command[] = [
  {
    name: 'demo',
    usage: '[--break NAME] [--keep] [--json]',
    summary: 'The whole loop on this machine: a pull request, its environment, its suites, its checks, its teardown.',
    details: [
      `--break NAME  a change that is broken in a named way: ${breakNames.join(', ')}`,
      '--keep        leave the environment and the pages up until Ctrl-C',
      '--json        the last verdict document alone on standard output',
    ],
    options: { break: { type: 'string' }, keep: { type: 'boolean' } },
    load: async () => (await import('./demo.ts')).runDemo,
  },
  {
    name: 'serve',
    usage: '[--context NAME]',
    summary: 'The webhook service and its pages.',
    details: ['Configuration comes from the environment: see the README, "Configuration".'],
    options: {},
    load: async () => (await import('./serve.ts')).runServe,
  },
  {
    name: 'run',
    usage: 'PATH|OWNER/REPO#N [--base REF] [--suite NAME] [--keep 1h] [--json]',
    summary: 'One run of a working tree or of a change; the exit code is the verdict.',
    details: [
      '--base REF    compare with this branch or commit: its greenroom.yaml decides what is required',
      '--suite NAME  only this suite (may be repeated)',
      '--keep TIME   keep the environment this long after the verdict, such as 1h',
      '--json        the verdict document alone on standard output',
    ],
    options: {
      base: { type: 'string' },
      suite: { type: 'string', multiple: true },
      keep: { type: 'string' },
    },
    load: async () => (await import('./run.ts')).runRun,
  },
  {
    name: 'status',
    usage: '[--json]',
    summary: 'What the Greenroom of this data folder is doing.',
    details: [],
    options: {},
    load: async () => (await import('./status.ts')).runStatus,
  },
  {
    name: 'cluster',
    usage: 'up|down|status [--json]',
    summary: 'The embedded Kubernetes: a whole node in namespaces of its own (Linux, root).',
    details: [
      'up      starts it, or repairs it; does nothing when it runs well',
      'down    ends it and leaves nothing outside the data folder',
      'status  each part, its memory and its last error',
    ],
    options: {},
    load: async () => (await import('./cluster.ts')).runCluster,
  },
  {
    name: 'teardown',
    usage: 'RUN|OWNER/REPO#N [--strip-finalizers] [--json]',
    summary: 'Ends a run, or all runs of a change, and waits for the receipt.',
    details: [
      '--strip-finalizers  take finalizers off objects in its namespaces that were deleted and that nobody else lets go;',
      '                    what they would have cleared elsewhere (a bucket, a load balancer) stays there',
      '--json              the receipts on standard output',
    ],
    options: { 'strip-finalizers': { type: 'boolean' } },
    load: async () => (await import('./teardown.ts')).runTeardown,
  },
  {
    name: 'sweep',
    usage: '[--dry-run] [--strip-finalizers] [--json]',
    summary: 'Tears down everything of this instance that has expired or belongs to no open change.',
    details: [
      '--dry-run           only says what would go, and why',
      '--strip-finalizers  as with teardown; with --dry-run it says which',
    ],
    options: { 'dry-run': { type: 'boolean' }, 'strip-finalizers': { type: 'boolean' } },
    load: async () => (await import('./sweep.ts')).runSweep,
  },
  {
    name: 'doctor',
    usage: '[--json]',
    summary: 'Looks whether everything that Greenroom needs is there, and says what to do about what is not.',
    details: [
      'Changes nothing. While a Greenroom serves, GitHub is asked to deliver once more what it has delivered before.',
    ],
    options: {},
    load: async () => (await import('./doctor.ts')).runDoctor,
  },
  {
    name: 'github',
    usage: 'setup [--org NAME] [--name NAME] [--public] [--print] [--port N] [--json]',
    summary: 'Makes the GitHub App, in a browser, with the permissions, events and address that Greenroom needs.',
    details: [
      '--org NAME   the App belongs to this organization; without it, to you',
      '--name NAME  what it is called (at most 34 characters); GitHub lets you change it',
      '--public     others than its owner may install it: needed for several organizations',
      '--print      its credentials on standard output, as NAME=value, instead of in two files of the data folder',
      '--json       the same as one JSON object',
      '--port N     where the page for it is served, on this machine alone',
    ],
    options: {
      org: { type: 'string' },
      name: { type: 'string' },
      public: { type: 'boolean' },
      print: { type: 'boolean' },
      port: { type: 'string' },
    },
    load: async () => (await import('./github-setup.ts')).runGitHub,
  },
  {
    name: 'init',
    usage: '[PATH]',
    summary: 'Writes a greenroom.yaml for this repository and, on GitHub, a workflow that pushes its images.',
    details: ['Files that are there already are never changed.'],
    options: {},
    load: async () => (await import('./init.ts')).runInit,
  },
];
