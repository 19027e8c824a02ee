import { humanDuration } from '../config/duration.ts';
import type { CommandStep, Decision } from '../event/decision.ts';
import type { ChangeRef, ForgeEvent } from '../event/event.ts';
import { renderReply } from '../report/comment.ts';
import { instantWords } from '../report/words.ts';
import type { Lifetime } from '../run/lifetime.ts';
import type { Trigger } from '../run/run.ts';
import { approve } from '../store/approvals.ts';
import { requestCancel } from '../store/cancel.ts';
import { createRun } from '../store/create-run.ts';
import { claimComment } from '../store/deliveries.ts';
import { keepEnvironment } from '../store/keep.ts';
import type { Tx } from '../store/store.ts';
import { hastenTeardown } from '../store/teardowns.ts';
import { newRunFor } from './new-run-for.ts';
import type { Subject } from './subject.ts';

/** What to tell the person who commanded, once the rows are safe. */
export interface Answer {
  commentId: string;
  change: ChangeRef;
  reaction: 'rocket' | 'confused' | '-1';
  /** The body of a comment, escaped; null where the reaction says all. */
  reply: string | null;
}

/** What is left to do once the rows are safe. */
export interface Applied {
  answer: Answer | null;
  /** Environments that stand until another instant now: their labels have to say so. */
  kept: Kept[];
}

export interface Kept {
  runId: string;
  until: Date;
}

export interface Applying {
  decision: Decision;
  event: ForgeEvent;
  subject: Subject | null;
  /** The operator's longest life of an environment. */
  maxTtlMs: number;
}

const nothing: Applied = { answer: null, kept: [] };

/** Writes what follows from a decision. */
export async function applyDecision(tx: Tx, { decision, event, subject, maxTtlMs }: Applying): Promise<Applied> {
  switch (decision.kind) {
    case 'start':
    case 'supersede':
      await start(tx, subject, decision.trigger, decision.onlySuites, decision.supersedes);
      return nothing;
    case 'skip':
    case 'await-approval':
      // Every head SHA ends concluded (DESIGN, rule 4): the run finds the same rule and says so on the check.
      await start(tx, subject, triggerOf(event), null, decision.supersedes);
      return nothing;
    case 'approve':
      await applyStep(tx, decision.approval, subject);
      await applyStep(tx, decision.start, subject);
      return nothing;
    case 'tear-down':
      for (const runId of decision.runs) await end(tx, runId, decision.cancel);
      return nothing;
    case 'command': {
      if (event.kind !== 'command' || !(await claimComment(tx, event.change.repository, decision.commentId)))
        return nothing;
      return await obey(tx, { ...decision, ref: event.change, subject, maxTtlMs });
    }
    case 'keep': {
      const life = await keepEnvironment(tx, decision.runId, { forMs: decision.keepMs, mostMs: maxTtlMs });
      return life === null ? nothing : { answer: null, kept: [{ runId: decision.runId, until: new Date(life.until) }] };
    }
    case 'look-again':
    case 'ignore':
      return nothing;
    default:
      return decision satisfies never;
  }
}

type Commanded = Extract<Decision, { kind: 'command' }> & {
  ref: ChangeRef;
  subject: Subject | null;
  maxTtlMs: number;
};

async function obey(tx: Tx, commanded: Commanded): Promise<Applied> {
  const { commentId, ref, steps, help } = commanded;
  const replies = [...commanded.replies];
  const kept: Kept[] = [];
  let { reaction } = commanded;
  for (const step of steps) {
    if (step.kind !== 'keep') {
      await applyStep(tx, step, commanded.subject);
      continue;
    }
    const life = await keepEnvironment(tx, step.runId, { forMs: step.keepMs, mostMs: commanded.maxTtlMs });
    if (life === null) reaction = '-1';
    else kept.push({ runId: step.runId, until: new Date(life.until) });
    const reply = life === null ? 'The environment is going already; nothing is kept.' : keepReply(life);
    if (reply !== null) replies.push(reply);
  }
  const reply = help || replies.length > 0 ? renderReply(replies, help) : null;
  return { answer: { commentId, change: ref, reaction, reply }, kept };
}

/** Only what a person did not ask for needs words. */
function keepReply({ until, longestMs }: Lifetime): string | null {
  if (longestMs === null) return null;
  return `Kept until ${instantWords(until)}, not longer: an environment lives at most ${humanDuration(longestMs)} here.`;
}

async function applyStep(tx: Tx, step: Exclude<CommandStep, { kind: 'keep' }>, subject: Subject | null): Promise<void> {
  switch (step.kind) {
    case 'start':
    case 'supersede':
      return start(tx, subject, step.trigger, step.onlySuites, step.supersedes);
    case 'tear-down':
      for (const runId of step.runs) await end(tx, runId, step.cancel);
      return;
    case 'approve':
      if (subject) {
        const { repository, id: changeId } = subject;
        await approve(tx, { repository, sha: step.sha, changeId, kind: step.of, approvedBy: step.by });
      }
      return;
    default:
      return step satisfies never;
  }
}

async function start(
  tx: Tx,
  subject: Subject | null,
  trigger: Trigger,
  onlySuites: string[] | null,
  supersedes: readonly string[],
): Promise<void> {
  if (subject === null) return;
  const { id, repository, number, queueRef, author } = subject;
  const created = await createRun(tx, {
    change: { id, repository, number, queueRef },
    author,
    build: newRunFor(subject, { trigger, onlySuites, now: tx.now }),
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
  if (event.kind === 'queue-entered') return 'merge-queue';
  return event.kind === 'rerun-requested' || event.kind === 'action-requested' ? 'rerun' : 'synchronize';
}
