import { readRepositoryConfig } from '../config/read-repository-config.ts';
import { suitesOf } from '../config/starter-suites.ts';
import { decide } from '../event/decide.ts';
import type { CommandStep, DecideContext, Decision } from '../event/decision.ts';
import type { ChangeRef, Delivery, ForgeEvent } from '../event/event.ts';
import type { Change, Forge, Permission } from '../forge/forge.ts';
import type { Log } from '../log.ts';
import { renderHelp } from '../report/comment.ts';
import { changeIdOf } from '../run/change-id.ts';
import type { Trigger } from '../run/run.ts';
import { approve } from '../store/approvals.ts';
import { requestCancel } from '../store/cancel.ts';
import { changeById } from '../store/changes.ts';
import { createRun } from '../store/create-run.ts';
import { claimComment, finishDelivery } from '../store/deliveries.ts';
import { isCommentHandled } from '../store/handled-comments.ts';
import { keptRuns } from '../store/kept-runs.ts';
import { keepEnvironment, liveRuns, runsOfChange } from '../store/runs.ts';
import type { Store, Tx } from '../store/store.ts';
import { hastenTeardown } from '../store/teardowns.ts';
import { newRunFor } from './new-run-for.ts';

export interface DeliveryHandling {
  store: Store;
  forge: Forge;
  log: Log;
  maxTtlMs: number;
  /** Writes a later end on what the run has in the cluster. */
  extend: (runId: string, until: Date) => Promise<void>;
}

/** What a delivery comes to: what to tell the person who commanded, once the rows are safe. */
interface Answer {
  commentId: string;
  change: ChangeRef;
  reaction: 'rocket' | 'confused' | '-1';
  replies: string[];
}

/**
 * Handles one accepted delivery: reads the change as it is now, decides, and writes what follows together with the end of
 * the delivery. What throws leaves the delivery to be tried again.
 */
export async function handleDelivery(work: DeliveryHandling, delivery: Delivery, signal: AbortSignal): Promise<void> {
  const { event } = delivery;
  const change = await changeOf(work.forge, event, signal);
  const handledComments = await handledCommentsOf(work.store, event);
  if (event.kind === 'command' && isCommand(event) && handledComments.size === 0)
    await work.forge.react(event.change, event.commentId, 'eyes', signal);
  const context = { ...(await contextOf(work, event, change, signal)), handledComments };
  const decision = decide(event, context);
  work.log.info(
    { delivery: delivery.id, event: event.kind, decision: decision.kind, reason: decision.reason },
    'decided',
  );
  const answer = await work.store.transaction(async (tx) => {
    if (!(await finishDelivery(tx, delivery.id))) return null;
    return apply(tx, decision, event, change);
  });
  for (const step of keepsOf(decision))
    await work.extend(step.runId, new Date((await work.store.now()).getTime() + step.keepMs));
  if (answer) await tellCommander(work, answer, signal);
}

function keepsOf(decision: Decision): Extract<CommandStep, { kind: 'keep' }>[] {
  return decision.kind === 'command' ? decision.steps.filter((step) => step.kind === 'keep') : [];
}

/** A comment without a word of ours in it gets no reaction. */
function isCommand(event: ForgeEvent): boolean {
  return event.kind === 'command' && !event.authorIsBot && /^\s*\/(greenroom|redeploy)\b/m.test(event.body);
}

async function changeOf(forge: Forge, event: ForgeEvent, signal: AbortSignal): Promise<Change | null> {
  if (event.kind === 'other') return null;
  if (event.kind === 'rerun-requested' && event.change === null) {
    const open = await forge.listOpenChanges(event.repository, signal);
    return open.find((change) => change.headSha === event.headSha) ?? null;
  }
  return event.change === null ? null : forge.getChange(event.change, signal);
}

async function contextOf(
  work: DeliveryHandling,
  event: ForgeEvent,
  change: Change | null,
  signal: AbortSignal,
): Promise<Omit<DecideContext, 'handledComments'>> {
  const { store, forge, maxTtlMs } = work;
  const changeId = change ? changeIdOf(change.repository, change.number) : null;
  const runs = changeId === null ? [] : await runsOfChange(store, changeId);
  const live = changeId === null ? [] : await liveRuns(store, changeId);
  const kept = changeId === null ? [] : await keptRuns(store, changeId);
  return {
    change,
    liveRuns: [...live.map((run) => ({ ...run, kept: false })), ...kept.map((run) => ({ ...run, kept: true }))],
    validatedShas: runs
      .filter(
        (run) => run.phase === 'done' && run.document.verdict !== 'cancelled' && run.document.verdict !== 'skipped',
      )
      .map((run) => run.headSha),
    newestGeneration: changeId === null ? 0 : ((await changeById(store, changeId))?.generation ?? 0),
    config: change?.open ? await configOf(forge, change, signal) : { kind: 'none' },
    changedFiles: change?.open
      ? await forge.changedFiles(change.repository, change.baseSha, change.headSha, signal)
      : [],
    permission: await permissionOf(forge, event, signal),
    maxTtlMs,
  };
}

/** Spares a comment that comes again its reactions; that it counts once is `claimComment`'s, inside the transaction. */
async function handledCommentsOf(store: Store, event: ForgeEvent): Promise<Set<string>> {
  if (event.kind !== 'command') return new Set();
  const handled = await isCommentHandled(store, event.change.repository, event.commentId);
  return new Set(handled ? [event.commentId] : []);
}

async function configOf(forge: Forge, change: Change, signal: AbortSignal): Promise<DecideContext['config']> {
  const file = 'greenroom.yaml';
  const base = await forge.readFile(change.repository, change.baseSha, file, signal);
  const head = await forge.readFile(change.repository, change.headSha, file, signal);
  const text = base ?? head;
  if (text === null) return { kind: 'none' };
  const read = readRepositoryConfig(text, { file });
  if ('problems' in read) return { kind: 'invalid' };
  const own = head === null ? read : readRepositoryConfig(head, { file });
  const suites = 'config' in own ? suitesOf(own.config) : suitesOf(read.config);
  return { kind: 'present', triggers: read.config.triggers, suites: suites.map((suite) => suite.name) };
}

async function permissionOf(forge: Forge, event: ForgeEvent, signal: AbortSignal): Promise<Permission> {
  if (event.kind === 'command') {
    return isCommand(event) ? forge.permissionOf(event.change.repository, event.author, signal) : 'none';
  }
  if (event.kind === 'rerun-requested') return forge.permissionOf(event.repository, event.requestedBy, signal);
  return 'none';
}

async function apply(tx: Tx, decision: Decision, event: ForgeEvent, change: Change | null): Promise<Answer | null> {
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
      const replies = decision.help ? [...decision.replies, renderHelp()] : decision.replies;
      return { commentId: decision.commentId, change: event.change, reaction: decision.reaction, replies };
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

/** The answer to a command is a courtesy: when it cannot be given, the command still counts. */
async function tellCommander({ forge, log }: DeliveryHandling, answer: Answer, signal: AbortSignal): Promise<void> {
  try {
    await forge.react(answer.change, answer.commentId, answer.reaction, signal);
    if (answer.replies.length > 0) await forge.reply(answer.change, answer.replies.join('\n\n'), signal);
  } catch (error) {
    log.warn({ err: error, comment: answer.commentId }, 'answering a command');
  }
}
