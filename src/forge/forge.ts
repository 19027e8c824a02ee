import type { CheckActionName } from '../event/check-action.ts';
import type { ChangeRef, QueueRef } from '../event/event.ts';

/** A pull request as the forge knows it right now. */
export interface Change extends ChangeRef {
  title: string;
  author: string;
  open: boolean;
  draft: boolean;
  headSha: string;
  /** `owner/name`; null when the fork is deleted. */
  headRepository: string | null;
  headRef: string;
  baseSha: string;
  baseRef: string;
  labels: string[];
  /** The head repository is the base repository. */
  trusted: boolean;
  url: string;
}

/** An entry of the merge queue as the forge knows it right now: one that it does not list is gone. */
export interface QueueEntry extends QueueRef {
  headSha: string;
  /** The commit that it was built on: the base branch's, or the entry's before it. */
  baseSha: string;
  /** The branch that it is to be merged into. */
  baseRef: string;
  /** The change that it adds to its base. */
  change: number;
}

export type Permission = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin';
export type Reaction = 'eyes' | 'rocket' | 'confused' | '-1';
export type Conclusion = 'success' | 'failure' | 'neutral' | 'cancelled' | 'action_required';

export interface Annotation {
  path: string;
  startLine: number;
  endLine: number;
  level: 'notice' | 'warning' | 'failure';
  message: string;
  title?: string;
}

/** One check on one SHA, as it shall stand. `report/` writes it; texts are already escaped and cut to the forge's limits. */
export interface CheckReport {
  /** `greenroom` or `greenroom / <suite>`. */
  name: string;
  headSha: string;
  /** The run's id. */
  externalId: string;
  detailsUrl: string | null;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: Conclusion | null;
  startedAt: string | null;
  completedAt: string | null;
  title: string;
  summary: string;
  text: string | null;
  annotations: Annotation[];
  /** Once it is completed, where the forge has such things; at most three. Default: none. */
  actions?: readonly CheckAction[];
}

/** A button beside a check. */
export interface CheckAction {
  identifier: CheckActionName;
  /** At most 20 characters. */
  label: string;
  /** At most 40 characters. */
  description: string;
}

/** Awaited right before each request that writes, after every wait: what it throws ends the writing. */
export type MayBegin = () => Promise<void>;

/** A check of ours as it stands at the forge. */
export interface StandingCheck {
  id: string;
  name: string;
  /** The run's id. */
  externalId: string | null;
  status: CheckReport['status'];
  conclusion: string | null;
}

/** A run's environment, as it shall stand among the deployments of its repository. */
export interface DeploymentReport {
  runId: string;
  sha: string;
  /** The name under which all of a repository's are shown. */
  environment: string;
  description: string;
  state: 'in_progress' | 'success' | 'failure' | 'inactive';
  /** Where people reach it. */
  url: string | null;
  logUrl: string;
}

/** What is left of a rate limit. */
export interface Quota {
  /** Whose it is: an installation's id, or `app`. */
  holder: string;
  limit: number;
  remaining: number;
}

/**
 * A forge (PORT, two implementations: capabilities.ts says where they differ). Every method takes a signal and ends within 10 s
 * of work; throws RunError (`FORGE_UNREACHABLE` retry, `FORGE_REFUSED` fix-input) when it could not find out.
 */
export interface Forge {
  getChange(ref: ChangeRef, signal: AbortSignal): Promise<Change>;
  listOpenChanges(repository: string, signal: AbortSignal): Promise<Change[]>;
  /** What the merge queues of the repository want tested now; nothing where the forge has no such queue. */
  listQueue(repository: string, signal: AbortSignal): Promise<QueueEntry[]>;
  /** Paths that differ between two commits, relative to the repository's root. */
  changedFiles(repository: string, baseSha: string, headSha: string, signal: AbortSignal): Promise<string[]>;
  /** One file at one commit as text, or null where there is none; at most 1 MiB. */
  readFile(repository: string, sha: string, path: string, signal: AbortSignal): Promise<string | null>;
  /** The tree at a commit, unpacked into `folder` as data: no links, no `..`, no absolute names, bounded. */
  fetchTree(repository: string, sha: string, folder: string, signal: AbortSignal): Promise<void>;
  permissionOf(repository: string, user: string, signal: AbortSignal): Promise<Permission>;
  /** Creates (id null) or updates; returns the check's id. */
  putCheck(
    repository: string,
    id: string | null,
    check: CheckReport,
    signal: AbortSignal,
    mayBegin?: MayBegin,
  ): Promise<string>;
  /** Our checks on a commit, all of them, the newest first: of each name that one is shown. */
  checksOf(repository: string, sha: string, signal: AbortSignal): Promise<StandingCheck[]>;
  /** Creates or edits the one comment; with id null it is looked for by `marker` first. Returns its id. */
  putComment(
    ref: ChangeRef,
    id: string | null,
    marker: string,
    body: string,
    signal: AbortSignal,
    mayBegin?: MayBegin,
  ): Promise<string>;
  /** Whether anybody may read it, with no account at the forge. */
  isPublic(repository: string, signal: AbortSignal): Promise<boolean>;
  /** Repositories that this installation can see. */
  listRepositories(signal: AbortSignal): Promise<string[]>;
  /** A plain answer to a command, such as the reason of a refusal. */
  reply(ref: ChangeRef, body: string, signal: AbortSignal): Promise<void>;
  /** Adds the reaction and takes our own `eyes` away when another word follows it. */
  react(ref: ChangeRef, commentId: string, reaction: Reaction, signal: AbortSignal): Promise<void>;
  /**
   * Creates (id null) or updates; returns the deployment's id. Null where nothing is shown: the forge has no such thing, the
   * operator wants none, or what has ended was never there.
   */
  putDeployment(
    repository: string,
    id: string | null,
    deployment: DeploymentReport,
    signal: AbortSignal,
    mayBegin?: MayBegin,
  ): Promise<string | null>;
  /** What is left, as the forge said it last; nothing where it says nothing of the kind. */
  quotas(): readonly Quota[];
}
