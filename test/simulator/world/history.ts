import type { ChangeRef, ForgeEvent, QueueRef } from '../../../src/event/event.ts';
import type { CheckReport, Reaction } from '../../../src/forge/forge.ts';
import type { CancelReason } from '../../../src/run/run.ts';
import type { TeardownState } from '../../../src/store/tables.ts';
import type { Phase, VerdictDocument } from '../../../src/verdict/verdict-document.ts';

/** What the database said about a replica's right to act for a run, at the instant at which it began to act. */
export interface Right {
  /**
   * Milliseconds that were left of the replica's own lease on the run, or of its hold on the run's teardown, whichever is
   * more; negative when over, null when it has neither, or when the run has no row.
   */
  leftMs: number | null;
  /** Whether the run has a row at all: what has none is the sweep's, which needs no lease. */
  isKnown: boolean;
}

/** An effect outside of the database. `ended` follows `begun` with the same number unless who began it dies before. */
export type Act =
  | 'read-application'
  | 'resolve-images'
  | 'provision'
  | 'adopt'
  | 'warm'
  | 'go'
  | 'collect'
  | 'clear-stack';

export type Happening =
  /** People. */
  | { kind: 'change-moved'; change: ChangeRef; how: string; headSha: string; open: boolean; draft: boolean }
  | { kind: 'queue-moved'; entry: QueueRef; how: string; headSha: string; open: boolean }
  | { kind: 'commented'; change: ChangeRef; commentId: string; author: string; body: string }
  /** Misfortune. */
  | { kind: 'struck'; what: string; whom: string; forMs: number | null }
  /** What a replica asked of its database was refused, or its answer lost. */
  | { kind: 'store-failed'; replica: string }
  /** A replica works from now on; `holder` is its name in the rows. */
  | { kind: 'replica-up'; holder: string }
  /** Deliveries. `accepted`: the sender was answered 202. `handled`: its row says so, committed. */
  | { kind: 'delivery-sent'; id: string; event: ForgeEvent; way: 'first' | 'duplicate' | 'replayed' | 'forged' }
  | { kind: 'delivery-accepted' | 'delivery-refused' | 'delivery-handled'; id: string }
  /** A look at a change, or at all queues of a repository (`number` null), that the forge has answered. */
  | { kind: 'looked'; repository: string; number: number | null }
  /** Writes that reached the forge, whether or not their sender hears of it. */
  | {
      kind: 'check-put';
      repository: string;
      sha: string;
      name: string;
      checkId: string;
      isNew: boolean;
      status: CheckReport['status'];
      conclusion: string | null;
      title: string;
      runId: string;
      changeId: string | null;
      generation: number | null;
      right: Right;
    }
  | {
      kind: 'comment-put';
      change: ChangeRef;
      commentId: string;
      isNew: boolean;
      isReply: boolean;
      /** Of the run that it speaks of. */
      generation: number | null;
      isUnderWay: boolean;
    }
  | { kind: 'reacted'; commentId: string; reaction: Reaction; isNew: boolean }
  /** Effects on the cluster, the registry and Pulumi. */
  | { kind: 'act-begun'; act: Act; number: number; runId: string; right: Right }
  | { kind: 'act-ended'; act: Act; number: number; runId: string; how: 'done' | 'failed' }
  /** A namespace's deletion that reached the cluster; `right` is that of who asked for it when it asked. */
  | { kind: 'namespace-deleted'; name: string; uid: string; runId: string; right: Right }
  | { kind: 'namespace-created'; name: string; uid: string; runId: string; isLate: boolean }
  | { kind: 'namespace-gone'; name: string; uid: string; runId: string }
  | { kind: 'suites-released'; environment: string; runId: string; suite: string; number: number }
  | { kind: 'suites-ended'; environment: string; runId: string; suite: string; how: string }
  /** Rows, as they were committed. */
  | {
      kind: 'run-row';
      runId: string;
      changeId: string;
      repository: string;
      number: number | null;
      queueRef: string | null;
      headSha: string;
      generation: number;
      phase: Phase;
      cancel: CancelReason | null;
      verdict: VerdictDocument['verdict'];
      fence: number;
      leaseOwner: string | null;
      isAdmitted: boolean;
      isNew: boolean;
    }
  | { kind: 'teardown-row'; runId: string; state: TeardownState; dueMs: number; isNew: boolean }
  /** Somebody begins an attempt, or (`holder` null) gives it back. */
  | { kind: 'teardown-held'; runId: string; holder: string | null; attempt: number }
  /** What the reconcile loop says that it repaired. */
  | { kind: 'repaired'; repair: string; count: number };

/** `owner`: the replica (or the child, `b/2`) that did it; `people`, `world`, `cluster` otherwise. */
export type HistoryEntry = { readonly index: number; readonly atMs: number; readonly owner: string } & Happening;

/** Looks go on for ever; and a world takes the same course whatever else is written down of it. */
const unseen: ReadonlySet<Happening['kind']> = new Set(['looked', 'store-failed', 'teardown-held']);

export class History {
  #deeds = 0;
  readonly #entries: HistoryEntry[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  /** How much has happened so far, without what is written down for the invariants alone. */
  get deeds(): number {
    return this.#deeds;
  }

  add(owner: string, happening: Happening): void {
    if (!unseen.has(happening.kind)) this.#deeds += 1;
    this.#entries.push({ index: this.#entries.length, atMs: this.#nowMs(), owner, ...happening });
  }
}
