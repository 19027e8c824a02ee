import { generationOf } from '../world/forge-routes.ts';
import type { Snapshot } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import { keyOf } from './known.ts';
import { type NewestRun, newestRuns, runsAtEnd } from './newest-runs.ts';

export const oneComment: Invariant = {
  name: 'one-comment',
  promise:
    'a change has one comment of ours, an older run never writes over the end of a newer one, and there is none where nobody asked for tests',
  checked: 'after every step and at quiescence',
  watch: ({ broken }) => {
    const made = new Map<string, number>();
    /** By change: the newest generation whose end its comment told. */
    const ended = new Map<string, number>();
    return {
      on: (entry) => {
        if (entry.kind !== 'comment-put' || entry.isReply) return;
        const key = keyOf(entry.change);
        const { generation } = entry;
        const newest = ended.get(key) ?? 0;
        if (generation !== null && generation < newest)
          broken(key, `generation ${generation} was written over the end of ${newest}`);
        else if (generation !== null && !entry.isUnderWay) ended.set(key, generation);
        if (!entry.isNew) return;
        const count = (made.get(key) ?? 0) + 1;
        made.set(key, count);
        if (count > 1) broken(key, `its comment was made ${count} times`);
      },
      atEnd: (snapshot) => {
        const spoken = new Set(runsAtEnd(snapshot).flatMap((run) => (isUnasked(run) ? [] : run.changeId)));
        // Entries of the merge queue have no conversation.
        for (const run of newestRuns(snapshot).filter(({ queueRef }) => queueRef === null)) {
          const wrong = wrongComment(snapshot, run, spoken.has(run.changeId));
          if (wrong !== null) broken(keyOf(run), `run ${run.id} (generation ${run.generation}): ${wrong}`);
        }
      },
    };
  },
};

/** What a rule skips may have waited before, and been told of. */
function isUnasked({ verdict, document }: NewestRun): boolean {
  return verdict === 'skipped' && document.reason.startsWith('no greenroom.yaml');
}

function wrongComment(
  { comments }: Snapshot,
  run: { repository: string; number: number; generation: number; verdict: string | null },
  isToBeTold: boolean,
): string | null {
  const ours = comments.filter(({ change, body }) => keyOf(change) === keyOf(run) && body.includes('<!-- greenroom:'));
  const [comment] = ours;
  if (comment === undefined) return run.verdict === 'skipped' ? null : 'there is no comment';
  if (!isToBeTold) return 'there is a comment, and never was a greenroom.yaml';
  if (ours.length > 1) return `there are ${ours.length} comments`;
  const said = generationOf(comment.body);
  if (said !== run.generation) return `the comment speaks of generation ${said}`;
  return comment.body.includes('### ⏳') ? 'the comment says that it is still under way' : null;
}
