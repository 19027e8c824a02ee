import type { ColumnType, Generated, Selectable } from 'kysely';
import type { ApprovalKind } from '../event/decision.ts';
import type { ForgeEvent, ForgeName } from '../event/event.ts';
import type { Demand } from '../run/demand.ts';
import type { CancelReason, Trigger } from '../run/run.ts';
import type { Phase, TeardownRecord, VerdictDocument } from '../verdict/verdict-document.ts';
import type { ToldPlace } from './admission.ts';

/** The one schema that holds our tables, the migrations' memory and pg-boss (DESIGN, "State"). */
export const schema = 'greenroom';

/** Beside ours, but written by Pulumi's CLI alone, and only with a PostgreSQL server. */
export const pulumiTable = 'pulumi_state';

type Instant = ColumnType<Date, Date, Date>;
/** pg answers int8 as text, PGlite as a number: read it with `Number()`. */
type Int8 = ColumnType<number | string, number, number>;

export interface DeliveryTable {
  id: string;
  forge: ForgeName;
  name: string;
  event: ForgeEvent;
  received_at: Instant;
  accepted_at: Instant;
  handled_at: Date | null;
  /** Somebody works on it until then, or it is tried again then. */
  held_until: Date | null;
  attempts: Generated<number>;
  /** Attempts that ended with a refusal of the forge. */
  refusals: Generated<number>;
  last_error: string | null;
}

export interface CommentTable {
  repository: string;
  comment_id: string;
  handled_at: Instant;
}

export interface ChangeTable {
  id: string;
  repository: string;
  number: number | null;
  /** Of an entry of the merge queue, instead of a number. */
  queue_ref: string | null;
  /** How many runs were ever wanted for it; the newest owns the words. */
  generation: Generated<number>;
  /** The forge's id of our one comment. */
  comment_id: string | null;
  /** While there is none: somebody makes it, and nobody else, until then. */
  comment_claimed_until: Generated<Date | null>;
  /** Of the run that the comment told of last, and what it said of its teardown once it was done. */
  comment_generation: number | null;
  comment_said: string | null;
  head_sha: string | null;
  /** As the forge had it when we looked last. */
  closed: Generated<boolean>;
  draft: boolean | null;
  base_ref: string | null;
  updated_at: Instant;
}

export interface RunTable {
  id: string;
  repository: string;
  number: number | null;
  queue_ref: string | null;
  change_id: string;
  head_sha: string;
  base_sha: string | null;
  generation: number;
  trigger: Trigger;
  trusted: boolean;
  phase: Phase;
  cancel: CancelReason | null;
  only_suites: string[] | null;
  keep_until: Date | null;
  /** For how long from the last activity somebody asked to keep it. */
  keep_ms: Int8 | null;
  /** When it was used last: somebody commanded something about it, or its run ended. */
  active_at: Date | null;
  expires_at: Instant;
  environment_name: string;
  document: VerdictDocument;
  superseded_by: string | null;
  lease_owner: string | null;
  lease_until: Date | null;
  fence: Int8;
  created_at: Instant;
  updated_at: Instant;
  finished_at: Date | null;
  author: string;
  /** Smaller goes first: 0 the merge queue, 1 everybody. */
  lane: number;
  /** What it will ask of the cluster; null before that is known, and then nothing is reserved. */
  demand: Demand | null;
  /** Its room is reserved from then to the receipt. */
  admitted_at: Date | null;
  /** By then it has a verdict, or the watchdog gives it one; null while it waits. */
  deadline_at: Date | null;
  /** The forge's id of its deployment, and how that was said to stand last. */
  deployment_id: Generated<string | null>;
  deployment_state: Generated<string | null>;
}

export interface CheckTable {
  repository: string;
  sha: string;
  name: string;
  forge_id: string;
  change_id: string;
  run_id: string;
  generation: number;
  conclusion: string | null;
  /** When they are to be read again at the forge; null: no more. */
  verify_at: Date | null;
}

/** `promised` before anything exists; the last word is `gone`. */
export type TeardownState = 'promised' | 'blocked' | 'kept' | 'gone';

export interface TeardownTable {
  run_id: string;
  change_id: string;
  environment_name: string;
  state: TeardownState;
  due_at: Instant;
  attempts: Generated<number>;
  held_by: string | null;
  held_until: Date | null;
  receipt: TeardownReceipt | null;
  blocked_since: Date | null;
  /** Set by an operator alone, for one attempt. */
  strip_finalizers: Generated<boolean>;
  updated_at: Instant;
}

/** What `teardown/` proves, as stored: the contract's record plus whatever else the receipt lists. */
export type TeardownReceipt = TeardownRecord & Record<string, unknown>;

export interface RunLogTable {
  seq: ColumnType<number | string, never, never>;
  run_id: string;
  at: Instant;
  source: string;
  line: string;
}

export interface ApprovalTable {
  repository: string;
  sha: string;
  change_id: string;
  kind: ApprovalKind;
  approved_by: string;
  approved_at: Instant;
}

export interface SharedSecretTable {
  name: string;
  value: string;
  made_at: Instant;
}

/** One row: whoever admits holds it. */
export interface AdmissionTable {
  id: number;
  decided_at: Date | null;
  /** The queue as it was decided last, the first one first. */
  places: ToldPlace[];
}

export interface TurnTable {
  name: string;
  owner: string;
  held_until: Instant;
}

export interface Tables {
  deliveries: DeliveryTable;
  comments: CommentTable;
  changes: ChangeTable;
  runs: RunTable;
  checks: CheckTable;
  teardowns: TeardownTable;
  run_log: RunLogTable;
  approvals: ApprovalTable;
  shared_secrets: SharedSecretTable;
  admission: AdmissionTable;
  turns: TurnTable;
}

export type RunRow = Selectable<RunTable>;
