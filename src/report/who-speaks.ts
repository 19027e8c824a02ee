import type { CheckReport, Conclusion } from '../forge/forge.ts';
import type { Run } from '../run/run.ts';
import { conclusionOf } from '../verdict/conclusion.ts';

/** Of a change, as one of its runs has to know it. */
export interface Newest {
  generation: number;
  headSha: string;
  /** Of the change's runs on that run's own commit. */
  generationHere: number;
  /** The change itself, as we saw it last. */
  closed: boolean;
}

/**
 * The newest generation owns the words (DESIGN, rule 4). An older one may still conclude the checks of its own, other
 * commit, where nothing newer is said; it never touches the comment, nor a commit that a newer one speaks on. PURE.
 */
export function mayWrite(run: Run, newest: Newest | null): { checks: boolean; comment: boolean } {
  if (newest === null || run.generation >= newest.generation) return { checks: true, comment: true };
  return { checks: newest.headSha !== run.headSha && run.generation >= newest.generationHere, comment: false };
}

/** What blocks a merge most comes first. */
const gravity: Conclusion[] = ['failure', 'action_required', 'cancelled', 'neutral', 'success'];

/** A run whose change was closed, or has moved on, says how it ended itself, and nothing about the commit. PURE. */
export function hasNoSay({ cancel, headSha }: Pick<Run, 'cancel' | 'headSha'>, newest: Newest | null): boolean {
  if (cancel === 'closed' || cancel === 'superseded') return true;
  return newest !== null && (newest.closed || newest.headSha !== headSha);
}

/**
 * The aggregate check when other open changes have the same head: a forge shows the last one written, so the gravest
 * word of all must be in every one.
 * @param isSilent the check's own run has no say: any of the siblings' words goes before its own. PURE.
 */
export function amongSiblings(check: CheckReport, siblings: readonly Run[], isSilent: boolean): CheckReport {
  if (check.name !== 'greenroom' || check.conclusion === null) return check;
  let result = check;
  let isToBeSaid = isSilent;
  for (const sibling of siblings) {
    const end = conclusionOf(sibling.document);
    if (!end) continue;
    if (!isToBeSaid && gravity.indexOf(end.conclusion) >= gravity.indexOf(result.conclusion ?? 'success')) continue;
    isToBeSaid = false;
    const who = sibling.change === null ? 'the merge queue' : `#${sibling.change}`;
    const title = `${who} on the same commit: ${end.title}`.slice(0, 255);
    result = { ...check, conclusion: end.conclusion, title };
  }
  return result;
}
