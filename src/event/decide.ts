import type { Trigger } from '../run/run.ts';
import { decideApproval, isWaiting, noApprovals } from './approval.ts';
import { decideEnvironmentAction, isOutdated, suitesToRepeat } from './decide-action.ts';
import { decideCommand } from './decide-command.ts';
import type { ChangeState, DecideContext, Decision } from './decision.ts';
import type { ForgeEvent } from './event.ts';
import { mayWrite } from './may-write.ts';
import { startRun, supersededBy } from './start-run.ts';
import { skippedByTriggers } from './triggers.ts';

/**
 * What follows from an event, always with a reason. Decides from the change as the forge has it now: the event only says
 * that something happened. PURE.
 */
export function decide(event: ForgeEvent, context: DecideContext): Decision {
  switch (event.kind) {
    case 'change-opened':
      return decideHead(context, event.how, {
        // What ran for a draft was skipped, or is about to be.
        replaces: event.how === 'ready-for-review',
        repeats: event.how === 'reopened',
      });
    case 'head-moved':
      return event.baseChanged === true
        ? // Another base is other rules: who approved the commit has not read it under these.
          decideHead({ ...context, approvals: noApprovals }, 'synchronize', { replaces: true, repeats: true })
        : decideHead(context, 'synchronize', { replaces: false, repeats: false });
    case 'change-closed':
      return decideEnded(context, `the change was ${event.merged ? 'merged' : 'closed'}`);
    case 'queue-entered':
      return decideHead(context, 'merge-queue', { replaces: false, repeats: false });
    case 'queue-left':
      return decideEnded(context, `the entry left the merge queue (${event.how})`);
    case 'rerun-requested':
      return decideRerun(context, event, null);
    case 'action-requested':
      return event.action === 'rerun-failed' ? decideRepeat(context, event) : decidePressed(context, event);
    case 'image-announced':
      return { kind: 'look-again', at: 'images', reason: `${event.by} may have pushed an image` };
    case 'repositories-changed':
      return { kind: 'look-again', at: 'repositories', reason: event.how };
    case 'command':
      return decideCommand(event, context);
    case 'other':
      return { kind: 'ignore', reason: `${event.name}: ${event.why}` };
    default:
      return event satisfies never;
  }
}

interface Anew {
  /** Also in place of a run that is testing this very head. */
  replaces: boolean;
  /** Also when this head was tested before. */
  repeats: boolean;
}

function decideHead(context: DecideContext, trigger: Trigger, { replaces, repeats }: Anew): Decision {
  const { change, liveRuns, validatedShas, newestHeadSha, config } = context;
  if (!change) return { kind: 'ignore', reason: 'the forge knows no such change' };
  if (!change.open) return { kind: 'ignore', reason: 'the change has been closed since' };
  const { headSha } = change;
  const live = liveRuns.find((run) => run.headSha === headSha && !run.kept && !run.ending);
  if (live && !replaces) return { kind: 'ignore', reason: `run ${live.id} is testing ${short(headSha)} already` };
  // A head that moved back to a commit tested before is news: the newest generation owns the words.
  if (validatedShas.includes(headSha) && newestHeadSha === headSha && !repeats) {
    return { kind: 'ignore', reason: `${short(headSha)} has been tested already` };
  }
  const skipped = skipReason(change, context);
  const next = { headSha, generation: context.newestGeneration + 1, supersedes: supersededBy(context, headSha) };
  if (skipped) return { kind: 'skip', ...next, quiet: config.kind === 'none', reason: skipped };
  if (isWaiting(change, context)) return { kind: 'await-approval', ...next, reason: fromFork };
  return startRun(context, change, { trigger, onlySuites: null });
}

function skipReason(change: ChangeState, { config, changedFiles }: DecideContext): string | null {
  if (config.kind === 'none') return 'no greenroom.yaml on this branch or its base; "greenroom init" writes one';
  if (config.kind === 'invalid') return null;
  return skippedByTriggers(config.triggers, { baseRef: change.baseRef, draft: change.draft, changedFiles });
}

function decideEnded({ change, liveRuns }: DecideContext, how: string): Decision {
  if (change?.open) return { kind: 'ignore', reason: `${how}, and is open (again) by now` };
  const runs = liveRuns.map((run) => run.id);
  if (runs.length === 0) return { kind: 'ignore', reason: `${how} and has nothing to tear down` };
  return { kind: 'tear-down', runs, cancel: 'closed', reason: how };
}

type PressEvent = Extract<ForgeEvent, { kind: 'rerun-requested' | 'action-requested' }>;

function decideRerun(
  context: DecideContext,
  { headSha, requestedBy }: PressEvent,
  onlySuites: string[] | null,
): Decision {
  const { change, permission, config } = context;
  if (!change?.open) return { kind: 'ignore', reason: 'a rerun was asked for a commit that no open change has' };
  if (change.headSha !== headSha) {
    return { kind: 'ignore', reason: `${short(headSha)} is no longer the head of the change` };
  }
  if (!mayWrite(permission)) return notAllowed(context, requestedBy);
  const next = { headSha, generation: context.newestGeneration + 1, supersedes: supersededBy(context, headSha) };
  if (config.kind === 'none') {
    return { kind: 'skip', ...next, quiet: true, reason: skipReason(change, context) ?? 'no greenroom.yaml' };
  }
  if (isWaiting(change, context)) return { kind: 'await-approval', ...next, reason: fromFork };
  return startRun(context, change, { trigger: 'rerun', onlySuites });
}

function decideRepeat(context: DecideContext, event: PressEvent): Decision {
  if (isOutdated(context)) return { kind: 'ignore', reason: 'a newer run has begun since the button was shown' };
  return decideRerun(context, event, suitesToRepeat(context));
}

/** A button that concerns an environment works whatever the head is by now, for as long as the environment stands. */
function decidePressed(context: DecideContext, event: Extract<ForgeEvent, { kind: 'action-requested' }>): Decision {
  if (!mayWrite(context.permission)) return notAllowed(context, event.requestedBy);
  if (event.action === 'approve') return decideApproval(context, event.headSha, event.requestedBy);
  return decideEnvironmentAction(event, context);
}

function notAllowed({ permission }: DecideContext, by: string): Decision {
  return { kind: 'ignore', reason: `"${by}" may not command here (${permission})` };
}

export const fromFork =
  'the change comes from a fork: its code runs nowhere before somebody with write permission approves it';

function short(sha: string): string {
  return sha.slice(0, 7);
}
