import type { Snapshot } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import { keyOf } from './known.ts';
import { newestRuns } from './newest-runs.ts';

export const oneComment: Invariant = {
  name: 'one-comment',
  promise: 'a change has one comment of ours, and its last word is the newest run’s',
  checked: 'after every step and at quiescence',
  watch: ({ broken }) => {
    const made = new Map<string, number>();
    return {
      on: (entry) => {
        if (entry.kind !== 'comment-put' || !entry.isNew || entry.isReply) return;
        const key = keyOf(entry.change);
        const count = (made.get(key) ?? 0) + 1;
        made.set(key, count);
        if (count > 1) broken(key, `its comment was made ${count} times`);
      },
      atEnd: (snapshot) => {
        for (const run of newestRuns(snapshot)) {
          const wrong = wrongComment(snapshot, run);
          if (wrong !== null) broken(keyOf(run), `run ${run.id} (generation ${run.generation}): ${wrong}`);
        }
      },
    };
  },
};

function wrongComment(
  { comments }: Snapshot,
  run: { repository: string; number: number; generation: number; verdict: string | null },
): string | null {
  const ours = comments.filter(({ change, body }) => keyOf(change) === keyOf(run) && body.includes('<!-- greenroom:'));
  const [comment] = ours;
  if (comment === undefined) return run.verdict === 'skipped' ? null : 'there is no comment';
  if (ours.length > 1) return `there are ${ours.length} comments`;
  const said = /generation:(\d+) /.exec(comment.body)?.[1];
  if (Number(said) !== run.generation) return `the comment speaks of generation ${said}`;
  return comment.body.includes('### ⏳') ? 'the comment says that it is still under way' : null;
}
