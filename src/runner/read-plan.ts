import { mergeBaseConfig } from '../config/merge-base-config.ts';
import { mergeForFork } from '../config/merge-for-fork.ts';
import { type ReadConfig, readRepositoryConfig } from '../config/read-repository-config.ts';
import type { RepositoryConfig } from '../config/repository-config.ts';
import { expandVariables } from '../config/variables.ts';
import { formatProblem, type Problem, RunError } from '../errors.ts';
import { fromFork } from '../event/decide.ts';
import { skippedByTriggers } from '../event/triggers.ts';
import { isOfWorkingTree, type Run } from '../run/run.ts';
import type { SuiteResult } from '../suites/suite-result.ts';
import { awaitingApproval } from '../verdict/conclusion.ts';
import type { Failure } from '../verdict/verdict-document.ts';
import { buildRefused, restrictedConfig } from './restricted-config.ts';
import type { Source } from './source.ts';

export const configFile = 'greenroom.yaml';

/** What is known of the change beyond its run. */
export interface ChangeFacts {
  baseRef: string;
  draft: boolean;
  /** A person with write permission approved that this very SHA goes without its gate. */
  approved: boolean;
  /** Who with write permission let this very SHA run, though it comes from a fork. */
  letRunBy?: string | null;
}

export type PlanReading =
  | { kind: 'run'; plan: Plan }
  /** By rule nothing is tested: neutral. */
  | { kind: 'skip'; reason: string }
  /** A file with problems, or a person must approve first (DESIGN, rules 5 and 9). */
  | { kind: 'gate'; failure: Failure; problems?: Problem[] };

export interface Plan {
  /** Variables expanded, suites filled in, the base's word on triggers, limits and what is required. */
  config: RepositoryConfig;
  decidedBy: 'base' | 'head';
  missingRequired: string[];
  /** Required suites that this run was told to leave out. */
  leftOut: string[];
  /** One per suite that this run runs, `pending`. */
  suites: SuiteResult[];
  notes: string[];
}

/**
 * What this run is to do, read as data from head and base (DESIGN, rules 5 and 9).
 * @throws RunError BASE_CONFIG_INVALID, and what the source throws
 */
export async function readPlan(
  source: Source,
  run: Run,
  change: ChangeFacts | null,
  signal: AbortSignal,
): Promise<PlanReading> {
  const letRunBy = change?.letRunBy ?? null;
  if (!run.trusted && letRunBy === null) return { kind: 'gate', failure: waiting(run) };
  const [head, base, changedFiles] = await Promise.all([
    read(source, 'head', signal),
    run.baseSha === null ? null : read(source, 'base', signal),
    source.changedFiles(signal),
  ]);
  const merge = run.trusted ? mergeBaseConfig : mergeForFork;
  const merged = merge({ base, head, changedFiles, approved: change?.approved ?? false });
  if (merged.kind === 'base-invalid') throw baseInvalid(merged.problems);
  if (merged.kind === 'not-configured') {
    return isOfWorkingTree(run) ? { kind: 'gate', failure: noFile() } : { kind: 'skip', reason: merged.reason };
  }
  if (merged.kind === 'gated') {
    const remedy = `Bring ${configFile} back, or let a person with write permission say "/greenroom approve ${run.headSha}".`;
    return { kind: 'gate', failure: failureOf('CONFIG_DELETED', merged.reason, remedy) };
  }
  if (merged.kind === 'invalid') {
    return { kind: 'gate', failure: invalidConfig(merged.problems), problems: merged.problems };
  }
  const skipped = change && !asked(run) ? skippedByTriggers(merged.config.triggers, { ...change, changedFiles }) : null;
  if (skipped !== null) return { kind: 'skip', reason: skipped };
  if (run.trusted) return planOf(run, merged);
  const refused = buildRefused(merged.config);
  if (refused !== null) return { kind: 'gate', failure: failureOf('FORK_NOT_BUILT', refused.message, refused.remedy) };
  const notes = [...merged.notes, `let run by "${letRunBy}", in a restricted environment`];
  return planOf(run, { ...merged, config: restrictedConfig(merged.config), notes });
}

/** Nothing of it is read any further: what a stranger's files say does not matter yet. */
function waiting({ headSha }: Run): Failure {
  const remedy = `Read the change; then a person with write permission says "/greenroom approve ${headSha}". That lets exactly this commit run, in a restricted environment; a push drops it.`;
  return failureOf(awaitingApproval, fromFork, remedy);
}

function baseInvalid(problems: Problem[]): RunError {
  return new RunError(`reading the ${configFile} of the base branch, by which changes from forks are tested`, {
    code: 'BASE_CONFIG_INVALID',
    remedy: 'fix-input',
    hint: `Mend ${configFile} on the base branch.`,
    problems,
  });
}

type Runnable = Extract<ReturnType<typeof mergeBaseConfig>, { kind: 'run' }>;

function planOf(run: Run, merged: Runnable): PlanReading {
  const change = run.change ?? (run.queueRef === null ? 'local' : 'merge-queue');
  const config = expandVariables(merged.config, { sha: run.headSha, change });
  const chosen =
    run.onlySuites === null ? config.suites : config.suites.filter((suite) => run.onlySuites?.includes(suite.name));
  if (chosen.length === 0) {
    const known = config.suites.map((suite) => suite.name).join(', ');
    return {
      kind: 'gate',
      failure: failureOf(
        'UNKNOWN_SUITE',
        `no suite is named "${run.onlySuites?.join(', ')}"`,
        `Suites here: ${known}.`,
      ),
    };
  }
  const suites = chosen.map(
    (suite): SuiteResult => ({
      name: suite.name,
      kind: suite.kind,
      required: suite.required,
      modified: merged.modified.includes(suite.name),
      status: 'pending',
      startedAt: null,
      durationMs: null,
      tests: [],
      artifacts: [],
    }),
  );
  const { decidedBy, missingRequired, notes } = merged;
  const leftOut = config.suites.filter((suite) => suite.required && !chosen.includes(suite)).map((suite) => suite.name);
  return {
    kind: 'run',
    plan: { config: { ...config, suites: chosen }, decidedBy, missingRequired, leftOut, suites, notes },
  };
}

async function read(source: Source, side: 'head' | 'base', signal: AbortSignal): Promise<ReadConfig | null> {
  const text = await source.readFile(side, configFile, signal);
  return text === null ? null : readRepositoryConfig(text, { file: configFile });
}

/** A person asked for this run by name: rules that skip it do not count. */
function asked(run: Run): boolean {
  return run.trigger === 'command' || run.trigger === 'rerun' || run.trigger === 'local';
}

export function invalidConfig(problems: Problem[]): Failure {
  return {
    class: 'product',
    code: 'CONFIG_INVALID',
    message: `${configFile} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: ${problems.map(formatProblem)[0]}`,
    remedy: 'Mend these lines and try again.',
    evidence: problems.map(formatProblem),
  };
}

function noFile(): Failure {
  return failureOf('CONFIG_MISSING', `there is no ${configFile}`, '"greenroom init" writes one.');
}

function failureOf(code: string, message: string, remedy: string): Failure {
  return { class: 'product', code, message, remedy, evidence: [] };
}
