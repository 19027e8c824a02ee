import type { ApprovalKind, Approvals, ChangeState, DecideContext, Decision } from './decision.ts';
import { startRun } from './start-run.ts';

export const noApprovals: Approvals = { fork: null, gate: null };

/** The change comes from a fork, and nobody has approved its head yet: none of it runs (DESIGN, rule 9). PURE. */
export function isWaiting(change: ChangeState, { approvals }: Pick<DecideContext, 'approvals'>): boolean {
  return !change.trusted && approvals.fork === null;
}

/**
 * What an approval of the head says; null where nothing is left to approve. Whoever lets a stranger's code run was told of
 * nothing more: its gate is approved by a second word, once a run has told of that. PURE.
 */
export function approvalWanted(
  change: ChangeState,
  context: Pick<DecideContext, 'approvals' | 'gated'>,
): ApprovalKind | null {
  if (isWaiting(change, context)) return 'fork';
  if (context.approvals.gate !== null) return null;
  return change.trusted || context.gated ? 'gate' : null;
}

/** The button "Approve and run", pressed by somebody who may write: the same as the command with the check's own commit. PURE. */
export function decideApproval(context: DecideContext, headSha: string, by: string): Decision {
  const { change, config } = context;
  const sha = headSha.slice(0, 7);
  if (!change?.open) return { kind: 'ignore', reason: 'an approval was asked for a change that is not open' };
  if (change.headSha !== headSha) return { kind: 'ignore', reason: `${sha} is no longer the head of the change` };
  if (config.kind === 'none') return { kind: 'ignore', reason: 'there is no greenroom.yaml to run by' };
  if (!isWaiting(change, context)) return { kind: 'ignore', reason: `${sha} does not wait for an approval` };
  const reason = `"${by}" approved ${sha} by the button of its check`;
  return {
    kind: 'approve',
    approval: { kind: 'approve', of: 'fork', sha: headSha, by, reason },
    start: startRun(context, change, { trigger: 'command', onlySuites: null }),
    reason,
  };
}
