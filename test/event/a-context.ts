import type { CheckActionName } from '../../src/event/check-action.ts';
import type { ChangeState, DecideContext } from '../../src/event/decision.ts';
import type { ForgeEvent } from '../../src/event/event.ts';

export const head = 'a'.repeat(40);
export const older = 'b'.repeat(40);
export const ref = { repository: 'o/r', number: 7 };
export const open: ChangeState = {
  open: true,
  draft: false,
  headSha: head,
  baseRef: 'main',
  author: 'ann',
  trusted: true,
};
export const triggers = { 'paths-ignore': ['docs/**'], drafts: 'skip' as const };

/** An open change of the repository itself that was never tested, for somebody who may write. */
export function aContext(part: Partial<DecideContext> = {}): DecideContext {
  return {
    change: open,
    liveRuns: [],
    validatedShas: [],
    newestGeneration: 3,
    newestHeadSha: head,
    config: { kind: 'present', triggers, suites: ['smoke', 'browse'] },
    changedFiles: ['src/a.ts'],
    greenSuites: [],
    pressedGeneration: 3,
    approvals: { fork: null, gate: null },
    gated: false,
    handledComments: new Set(),
    permission: 'write',
    ...part,
  };
}

export const moved = { kind: 'head-moved', change: ref, headSha: head, draft: false } satisfies ForgeEvent;
export const opened = {
  kind: 'change-opened',
  change: ref,
  headSha: head,
  draft: false,
  how: 'opened',
} satisfies ForgeEvent;
export const reopened = { ...opened, how: 'reopened' } satisfies ForgeEvent;
export const closed = { kind: 'change-closed', change: ref, merged: false } satisfies ForgeEvent;
export const rerun = {
  kind: 'rerun-requested',
  change: ref,
  repository: 'o/r',
  headSha: head,
  requestedBy: 'ann',
} satisfies ForgeEvent;
export const entry = { repository: 'o/r', ref: 'refs/heads/gh-readonly-queue/main/pr-7-c' };
export const entered = { kind: 'queue-entered', entry, headSha: head, baseSha: older } satisfies ForgeEvent;
export const left = { kind: 'queue-left', entry, how: 'dequeued' } satisfies ForgeEvent;
export const pressed = (action: CheckActionName): ForgeEvent => ({
  kind: 'action-requested',
  repository: 'o/r',
  headSha: head,
  runId: 'r1',
  action,
  requestedBy: 'ann',
});
export const live = { id: 'r1', headSha: older, generation: 3, kept: false, ending: false };
export const liveHead = { ...live, headSha: head };

/** A comment on it. */
export function says(body: string, part: Partial<Extract<ForgeEvent, { kind: 'command' }>> = {}): ForgeEvent {
  return { kind: 'command', change: ref, commentId: 'c1', author: 'ann', authorIsBot: false, body, ...part };
}
