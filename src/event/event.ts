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
  | { kind: 'rerun-requested'; change: ChangeRef | null; repository: string; headSha: string; requestedBy: string }
  | { kind: 'other'; name: string; why: string };

export interface ChangeRef {
  /** `owner/name`. */
  repository: string;
  number: number;
}

/** One POST from the forge, as stored before it is answered. */
export interface Delivery {
  /** The forge's id; a redelivery carries the same one. */
  id: string;
  forge: 'github';
  name: string;
  receivedAt: string;
  event: ForgeEvent;
}
