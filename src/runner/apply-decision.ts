import type { CommandStep, Decision } from '../event/decision.ts';
import type { ChangeRef, ForgeEvent } from '../event/event.ts';
import type { Change } from '../forge/forge.ts';
import { renderReply } from '../report/comment.ts';
import { changeIdOf } from '../run/change-id.ts';
import type { Trigger } from '../run/run.ts';
import { approve } from '../store/approvals.ts';
import { requestCancel } from '../store/cancel.ts';
import { createRun } from '../store/create-run.ts';
import { claimComment } from '../store/deliveries.ts';
import { keepEnvironment } from '../store/runs.ts';
import type { Tx } from '../store/store.ts';
import { hastenTeardown } from '../store/teardowns.ts';
import { newRunFor } from './new-run-for.ts';

/** What to tell the person who commanded, once the rows are safe. */
export interface Answer {
  commentId: string;
  change: ChangeRef;
  reaction: 'rocket' | 'confused' | '-1';
  /** The body of a comment, escaped; null where the reaction says all. */
  reply: string | null;
}

/** Writes what follows from a decision. @returns what to answer, where somebody asked */
export async function applyDecision(
  tx: Tx,
  decision: Decision,
  event: ForgeEvent,
  change: Change | null,
): Promise<Answer | null> {
  switch (decision.kind) {
    case 'start':
    case 'supersede':
      await start(tx, change, decision.trigger, decision.onlySuites, decision.supersedes);
      return null;
    case 'skip':
    case 'await-approval':
      // Every head SHA ends concluded (DESIGN, rule 4): the run finds the same rule and says so on the check.
      await start(tx, change, triggerOf(event), null, decision.supersedes);
      return null;
    case 'tear-down':
      for (const runId of decision.runs) await end(tx, runId, decision.cancel);
      return null;
    case 'command': {
      if (event.kind !== 'command' || !(await claimComment(tx, event.change.repository, decision.commentId)))
        return null;
      for (const step of decision.steps) await applyStep(tx, step, change);
      const speaks = decision.help || decision.replies.length > 0;
      const reply = speaks ? renderReply(decision.replies, decision.help) : null;
      return { commentId: decision.commentId, change: event.change, reaction: decision.reaction, reply };
    }
    case 'ignore':
      return null;
    default:
      return decision satisfies never;
  }
}

async function applyStep(tx: Tx, step: CommandStep, change: Change | null): Promise<void> {
  switch (step.kind) {
    case 'start':
    case 'supersede':
      return start(tx, change, step.trigger, step.onlySuites, step.supersedes);
    case 'tear-down':
      for (const runId of step.runs) await end(tx, runId, step.cancel);
      return;
    case 'keep':
      await keepEnvironment(tx, step.runId, new Date(tx.now.getTime() + step.keepMs));
      return;
    case 'approve':
      if (change)
        await approve(tx, {
          repository: change.repository,
          sha: step.sha,
          changeId: changeIdOf(change.repository, change.number),
          approvedBy: step.by,
        });
      return;
    default:
      return step satisfies never;
  }
}

async function start(
  tx: Tx,
  change: Change | null,
  trigger: Trigger,
  onlySuites: string[] | null,
  supersedes: readonly string[],
): Promise<void> {
  if (change === null) return;
  const created = await createRun(tx, {
    change: { id: changeIdOf(change.repository, change.number), repository: change.repository, number: change.number },
    author: change.author,
    build: newRunFor(change, { trigger, onlySuites, now: tx.now }),
  });
  // A kept environment of a finished run goes as well.
  const cancelled = new Set(created.superseded.map((run) => run.id));
  for (const runId of supersedes) if (!cancelled.has(runId)) await hastenTeardown(tx, runId);
}

async function end(tx: Tx, runId: string, reason: 'closed' | 'commanded'): Promise<void> {
  if ((await requestCancel(tx, runId, reason)) === null) await hastenTeardown(tx, runId);
}

function triggerOf(event: ForgeEvent): Trigger {
  if (event.kind === 'change-opened') return event.how;
  if (event.kind === 'command') return 'command';
  return event.kind === 'rerun-requested' ? 'rerun' : 'synchronize';
}
