import type { Trigger } from '../run/run.ts';
import type { ChangeState, DecideContext, StartRun } from './decision.ts';

/** Runs that a new generation ends: every live one. A kept environment of another commit has had its day as well. */
export function supersededBy({ liveRuns }: DecideContext, headSha: string): string[] {
  return liveRuns.filter((run) => !run.kept || run.headSha !== headSha).map((run) => run.id);
}

/** The next generation of a change, for its head as the forge has it. PURE. */
export function startRun(
  context: DecideContext,
  change: ChangeState,
  { trigger, onlySuites }: { trigger: Trigger; onlySuites: string[] | null },
): StartRun {
  const supersedes = supersededBy(context, change.headSha);
  const what = `${change.headSha.slice(0, 7)}${onlySuites ? ` (only ${onlySuites.join(', ')})` : ''}`;
  return {
    kind: supersedes.length > 0 ? 'supersede' : 'start',
    headSha: change.headSha,
    generation: context.newestGeneration + 1,
    trigger,
    onlySuites,
    supersedes,
    reason: supersedes.length > 0 ? `${what} replaces ${supersedes.join(', ')}: ${trigger}` : `${what}: ${trigger}`,
  };
}
