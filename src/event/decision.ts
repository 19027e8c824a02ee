import type { Trigger } from '../run/run.ts';
import type { Triggers } from './triggers.ts';

/**
 * As the forge has it now, not as the delivery said: deliveries come late and out of order. Also of an entry of the merge
 * queue, which is open for as long as the queue wants it.
 */
export interface ChangeState {
  open: boolean;
  draft: boolean;
  headSha: string;
  baseRef: string;
  author: string;
  /** The head repository is the base repository. */
  trusted: boolean;
}

/** `fork`: a stranger's code may run. `gate`: the change may go without what its base demands (DESIGN, rule 5). */
export type ApprovalKind = 'fork' | 'gate';

/** By whom the head was approved, and as what; null: by nobody. */
export type Approvals = Record<ApprovalKind, string | null>;

export interface RunState {
  id: string;
  headSha: string;
  generation: number;
  /** `done`, and its environment is kept: still something to tear down. */
  kept: boolean;
  /** Somebody asked it to end: it will test nothing any more. */
  ending: boolean;
}

export interface DecideContext {
  /** Null when the delivery concerns no change that the forge knows. */
  change: ChangeState | null;
  /** Runs of this change that are not done, and done ones whose environment is kept. */
  liveRuns: readonly RunState[];
  /** SHAs of this change that a run has concluded by testing them. */
  validatedShas: readonly string[];
  /** The newest generation that this change has had; 0 before the first. */
  newestGeneration: number;
  /** The head of that generation; null before the first. */
  newestHeadSha: string | null;
  /**
   * `greenroom.yaml` as merged: `triggers` from the base branch, where there is one. `invalid` starts a run as well: it
   * concludes with the problems.
   */
  config: { kind: 'none' } | { kind: 'invalid' } | { kind: 'present'; triggers: Triggers; suites: readonly string[] };
  changedFiles: readonly string[];
  /** Suites of which the newest result on the head is green. */
  greenSuites: readonly string[];
  /** Of the run at whose check somebody pressed a button. */
  pressedGeneration: number | null;
  approvals: Approvals;
  /** The newest run of the head ended red because the change takes its own gate away, and says so. */
  gated: boolean;
  /** Comments that were acted on before. */
  handledComments: ReadonlySet<string>;
  /** Of the person who commands, asks for a rerun or presses a button. */
  permission: 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';
}

/** A head that gets a generation of its own; the runs in `supersedes` are older and end as superseded. */
interface NextGeneration {
  headSha: string;
  generation: number;
  supersedes: string[];
}

export type StartRun = NextGeneration & {
  /** `supersede` is a start that ends older runs. */
  kind: 'start' | 'supersede';
  trigger: Trigger;
  onlySuites: string[] | null;
  reason: string;
};

export type TearDown = { kind: 'tear-down'; runs: string[]; cancel: 'closed' | 'commanded'; reason: string };

export type Keep = { kind: 'keep'; runId: string; keepMs: number; reason: string };

export type ApproveStep = { kind: 'approve'; of: ApprovalKind; sha: string; by: string; reason: string };

export type CommandStep = StartRun | TearDown | Keep | ApproveStep;

export type Decision =
  | StartRun
  /** Nothing is tested, by rule: the check of this head concludes neutral. `quiet`: no comment either. */
  | (NextGeneration & { kind: 'skip'; quiet: boolean; reason: string })
  /** A change from a fork: nothing runs, the check concludes `action_required`. */
  | (NextGeneration & { kind: 'await-approval'; reason: string })
  /** The button of a check that waits for it: what a command does as well, without a comment to answer. */
  | { kind: 'approve'; approval: ApproveStep; start: StartRun; reason: string }
  | TearDown
  | Keep
  /** Nothing follows but a look that would have come later anyway. */
  | { kind: 'look-again'; at: 'images' | 'repositories'; reason: string }
  /** What a comment asks for: first the steps, in order, then the reaction, then the reply where there is one. */
  | {
      kind: 'command';
      commentId: string;
      steps: CommandStep[];
      reaction: 'rocket' | 'confused' | '-1';
      /** Plain text, one line per answer; `help` asks for the help text (`renderHelp` of report/). */
      replies: string[];
      help: boolean;
      reason: string;
    }
  | { kind: 'ignore'; reason: string };
