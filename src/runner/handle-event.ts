import { explain } from '../errors.ts';
import { decide } from '../event/decide.ts';
import type { ForgeEvent } from '../event/event.ts';
import type { Forge } from '../forge/forge.ts';
import type { Log } from '../log.ts';
import { changeIdOf } from '../run/change-id.ts';
import { dropApprovals } from '../store/approvals.ts';
import { lockChange, observeChange, observeGone } from '../store/changes.ts';
import type { Store, Tx } from '../store/store.ts';
import { type Answer, applyDecision } from './apply-decision.ts';
import { type Bell, imagesOfRepository, repositories } from './bell.ts';
import { contextOf, handledCommentsOf, isCommand } from './decide-context.ts';
import { type Seen, type SubjectKey, see } from './subject.ts';

export interface EventHandling {
  store: Store;
  forge: Forge;
  log: Log;
  maxTtlMs: number;
  /** Whether a forge that refuses to show the change is taken at its word; default true. A first "not found" may pass. */
  believesRefusals?: boolean;
  /** Rung where nothing follows but an earlier look; absent where nobody waits. */
  bell?: Bell;
  /** Writes another end on what the run has in the cluster, and says it where people look. */
  extend: (runId: string, until: Date) => Promise<void>;
}

/** Somebody else acted on the change between our look and our transaction. */
class Outdated extends Error {}

const mostLooks = 5;

/**
 * Handles one event: reads the change as it is now, decides, and writes what follows. What throws has had no effect on the
 * rows, and may be tried again.
 * @param finish writes the end of what brought the event, in the same transaction; false when that was handled already
 */
export async function handleEvent(
  work: EventHandling,
  event: ForgeEvent,
  finish: (tx: Tx) => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  for (let look = 1; ; look++) {
    try {
      return await handleOnce(work, event, finish, signal);
    } catch (error) {
      if (!(error instanceof Outdated) || look === mostLooks) throw error;
    }
  }
}

async function handleOnce(
  work: EventHandling,
  event: ForgeEvent,
  finish: (tx: Tx) => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const { store, forge, log } = work;
  const seen = await see(work, event, work.believesRefusals ?? true, signal);
  const handledComments = await handledCommentsOf(store, event);
  if (event.kind === 'command' && isCommand(event) && handledComments.size === 0)
    await forge.react(event.change, event.commentId, 'eyes', signal).catch((error: unknown) => {
      // The comment may be gone by now; the command counts all the same.
      log.warn({ error: explain(error), comment: event.commentId }, 'saying that a command was seen');
    });
  const context = { ...(await contextOf(work, event, seen, signal)), handledComments };
  const decision = decide(event, context);
  const { key, subject } = seen;
  const what = { event: event.kind, change: key?.number, queueRef: key?.queueRef };
  log.info({ ...what, decision: decision.kind, reason: decision.reason }, 'decided');
  const applied = await store.transaction(async (tx) => {
    if (!(await finish(tx))) return null;
    if (decision.kind !== 'ignore' && key) {
      await demandGeneration(tx, key, context.newestGeneration);
      await dropApprovals(tx, key.id, hasOtherRules(event) ? null : (subject?.headSha ?? null));
    }
    await observe(tx, event, seen);
    return applyDecision(tx, { decision, event, subject, maxTtlMs: work.maxTtlMs });
  });
  if (applied === null) return;
  if (decision.kind === 'look-again') ring(work, event);
  for (const { runId, until } of applied.kept) await work.extend(runId, until);
  if (applied.answer) await tellCommander(work, applied.answer, signal);
}

function ring({ bell }: EventHandling, event: ForgeEvent): void {
  bell?.ring(event.kind === 'image-announced' ? imagesOfRepository(event.repository) : repositories);
}

/** Another base is other rules: whoever approved the commit has not read it under these. */
function hasOtherRules(event: ForgeEvent): boolean {
  return event.kind === 'head-moved' && event.baseChanged === true;
}

/** The rows remember how the forge has it. */
async function observe(tx: Tx, event: ForgeEvent, { key, subject }: Seen): Promise<void> {
  if (subject) {
    const { id, open, draft, baseRef } = subject;
    await observeChange(tx, id, { closed: !open, draft, baseRef });
  } else if (event.kind === 'change-closed') {
    await observeGone(tx, changeIdOf(event.change.repository, event.change.number));
  } else if (key) {
    await observeGone(tx, key.id);
  }
}

/** What is decided about one change is decided in a row: two events at once make one run, not two. */
async function demandGeneration(tx: Tx, key: SubjectKey, decidedAt: number): Promise<void> {
  const { generation } = await lockChange(tx, key);
  if (generation !== decidedAt) throw new Outdated(`generation ${generation} came meanwhile`);
}

/** The answer to a command is a courtesy: when it cannot be given, the command still counts. */
async function tellCommander({ forge, log }: EventHandling, answer: Answer, signal: AbortSignal): Promise<void> {
  try {
    await forge.react(answer.change, answer.commentId, answer.reaction, signal);
    if (answer.reply !== null) await forge.reply(answer.change, answer.reply, signal);
  } catch (error) {
    log.warn({ err: error, comment: answer.commentId }, 'answering a command');
  }
}
