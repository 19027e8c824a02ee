import { durationMs } from '../config/duration.ts';
import { buttonKeep } from './check-action.ts';
import type { DecideContext, Decision } from './decision.ts';
import type { ForgeEvent } from './event.ts';

type ActionEvent = Extract<ForgeEvent, { kind: 'action-requested' }>;

/** What a button does that concerns the environment of the run at whose check it was pressed. PURE. */
export function decideEnvironmentAction(event: ActionEvent, context: DecideContext): Decision {
  const { runId, action, requestedBy } = event;
  const run = context.liveRuns.find(({ id }) => id === runId);
  if (!run) return { kind: 'ignore', reason: `nothing stands of run ${runId} any more` };
  if (action === 'keep' && !context.change?.open) return { kind: 'ignore', reason: 'the change is closed' };
  const reason = `"${requestedBy}" pressed "${action}" at run ${runId}`;
  return action === 'keep'
    ? { kind: 'keep', runId, keepMs: durationMs(buttonKeep), reason }
    : { kind: 'tear-down', runs: [runId], cancel: 'commanded', reason };
}

/** A press that comes late, or once more, is about a run that no longer speaks. PURE. */
export function isOutdated({ pressedGeneration, newestGeneration }: DecideContext): boolean {
  return pressedGeneration !== newestGeneration;
}

/** The suites that nobody has seen green on this commit; null: all of them. PURE. */
export function suitesToRepeat({ greenSuites, config }: DecideContext): string[] | null {
  const suites = config.kind === 'present' ? config.suites : [];
  const wanted = suites.filter((name) => !greenSuites.includes(name));
  return wanted.length === 0 || wanted.length === suites.length ? null : wanted;
}
