import type { Phase, VerdictDocument } from '../verdict/verdict-document.ts';

/** What woke a run into being. */
export type Trigger =
  | 'opened'
  | 'reopened'
  | 'synchronize'
  | 'ready-for-review'
  | 'command'
  | 'rerun'
  | 'merge-queue'
  | 'local'
  | 'demo';

export type CancelReason = 'superseded' | 'closed' | 'commanded' | 'shutdown' | 'interrupted';

/** One validation of one head SHA of one change: the row, with the verdict document as its growing body. */
export interface Run {
  /** DNS-1123, at most 20 characters, never used again: also part of the environment's name and of the report's address. */
  id: string;
  repository: string;
  /** The change's number; null for a working tree and for an entry of the merge queue. */
  change: number | null;
  /** The branch (`refs/heads/...`) on which the merge queue has put this commit; null where it has not. */
  queueRef: string | null;
  /** `changeIdOf(repository, change)`, or `queueEntryIdOf` of its branch. */
  changeId: string;
  headSha: string;
  baseSha: string | null;
  generation: number;
  trigger: Trigger;
  trusted: boolean;
  phase: Phase;
  /** Set once and never unset; the player aborts what it is doing and goes to teardown. */
  cancel: CancelReason | null;
  /** Only these suites, when a command or flag named them. */
  onlySuites: string[] | null;
  /** Keep the environment until this instant (ISO), or null. */
  keepUntil: string | null;
  /** ISO; the environment must not outlive it. */
  expiresAt: string;
  environmentName: string;
  document: VerdictDocument;
}

/** A run of `greenroom run PATH` or the demo: no forge knows of it. PURE. */
export function isOfWorkingTree({ change, queueRef }: Pick<Run, 'change' | 'queueRef'>): boolean {
  return change === null && queueRef === null;
}
