import type { CheckActionName } from './check-action.ts';

/** A delivery in our words. The forge adapters make these; `decide` consumes them. */
export type ForgeEvent =
  | {
      kind: 'change-opened';
      change: ChangeRef;
      headSha: string;
      draft: boolean;
      how: 'opened' | 'reopened' | 'ready-for-review';
    }
  /** `baseChanged`: not the head moved but the base branch was exchanged, which is as good as a new head. */
  | { kind: 'head-moved'; change: ChangeRef; headSha: string; draft: boolean; baseChanged?: boolean }
  | { kind: 'change-closed'; change: ChangeRef; merged: boolean }
  | { kind: 'command'; change: ChangeRef; commentId: string; author: string; authorIsBot: boolean; body: string }
  /** The merge queue wants a commit tested that it has made of changes; it hangs until our checks have concluded there. */
  | { kind: 'queue-entered'; entry: QueueRef; headSha: string; baseSha: string }
  | { kind: 'queue-left'; entry: QueueRef; how: string }
  | { kind: 'rerun-requested'; change: ChangeRef | null; repository: string; headSha: string; requestedBy: string }
  /** Somebody pressed a button at the check of a run. */
  | {
      kind: 'action-requested';
      repository: string;
      headSha: string;
      runId: string;
      action: CheckActionName;
      requestedBy: string;
    }
  /** The repository's CI may have pushed an image: what is there, the registry knows. */
  | { kind: 'image-announced'; repository: string; by: string }
  /** We may see other repositories than before. */
  | { kind: 'repositories-changed'; how: string }
  | { kind: 'other'; name: string; why: string };

export interface ChangeRef {
  /** `owner/name`. */
  repository: string;
  number: number;
}

/** An entry of the forge's merge queue: the branch on which its commit stands, for as long as the queue wants it. */
export interface QueueRef {
  repository: string;
  /** `refs/heads/...`. */
  ref: string;
}

export type ForgeName = 'github' | 'gitea';

/** One POST from the forge, as stored before it is answered. */
export interface Delivery {
  /** The forge's id; a redelivery carries the same one. */
  id: string;
  forge: ForgeName;
  name: string;
  receivedAt: string;
  event: ForgeEvent;
}
