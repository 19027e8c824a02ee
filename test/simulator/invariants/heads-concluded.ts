import { conclusionOf } from '../../../src/verdict/conclusion.ts';
import type { SimulatedChange, SimulatedCheck, Snapshot } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import { entryKeyOf, keyOf } from './known.ts';
import { type NewestRun, newestBy, newestRuns, runsAtEnd } from './newest-runs.ts';

/** What blocks a merge most comes first. */
const gravity = ['failure', 'action_required', 'cancelled', 'neutral', 'success'];

export const headsConcluded: Invariant = {
  name: 'heads-concluded',
  promise:
    'every head of an open change, and of the merge queue, is observed, every observed head concluded, and its last word the newest run’s',
  checked: 'at quiescence',
  watch: ({ broken }) => ({
    atEnd: (snapshot) => {
      const newest = new Map(newestRuns(snapshot).map((run) => [subjectOf(run), run]));
      for (const change of snapshot.changes) {
        const run = newest.get(keyOf(change));
        const wrong = change.open ? wrongHead(change, run) : null;
        if (wrong !== null) broken(keyOf(change), wrong);
      }
      for (const entry of snapshot.queue) {
        const wrong = wrongHead({ headSha: entry.headSha, draft: false }, newest.get(entryKeyOf(entry)));
        if (wrong !== null) broken(entryKeyOf(entry), wrong);
      }
      const bySha = Map.groupBy(runsAtEnd(snapshot), ({ repository, headSha }) => `${repository} ${headSha}`);
      for (const runs of bySha.values()) {
        const wrong = wrongWord(
          snapshot,
          newestBy(runs, (run) => run.changeId),
          newest,
        );
        if (wrong !== null) broken(runs[0]?.headSha ?? '', wrong);
      }
    },
  }),
};

function subjectOf(run: NewestRun): string {
  return run.queueRef === null ? keyOf(run) : entryKeyOf({ repository: run.repository, ref: run.queueRef });
}

/** The end state must be as if every delivery had come once, at once. */
function wrongHead(change: Pick<SimulatedChange, 'headSha' | 'draft'>, run: NewestRun | undefined): string | null {
  const head = change.headSha.slice(0, 7);
  if (run === undefined) return `no run was ever wanted for ${head}`;
  if (run.headSha !== change.headSha) return `its head is ${head}, and its newest run ${run.id} of another commit`;
  if (run.verdict === 'cancelled' && run.cancel !== 'commanded')
    return `it is open, and ${head} was cancelled (${run.cancel}) by its newest run ${run.id}`;
  if (run.verdict === 'skipped' && !change.draft && /draft/i.test(run.document.reason))
    return `run ${run.id} was skipped for a draft that it is not`;
  return null;
}

/** The aggregate check speaks for all open changes that have this head, else for whoever spoke last. */
function wrongWord(snapshot: Snapshot, runs: NewestRun[], newest: ReadonlyMap<string, NewestRun>): string | null {
  const { repository = '', headSha = '' } = runs[0] ?? {};
  const checks = snapshot.checks.filter((check) => check.repository === repository && check.sha === headSha);
  const shown = [...Map.groupBy(checks, ({ name }) => name).values()].map((some) => some.at(-1)).filter((one) => one);
  for (const check of shown) {
    if (check?.conclusion === null) return `"${check.name}" (run ${check.externalId}) was never concluded`;
  }
  const aggregate = shown.find((check) => check?.name === 'greenroom');
  const named = runs.map((run) => run.id).join(', ');
  if (!aggregate) return `it was never concluded (${named})`;
  if (!runs.some((run) => run.id === aggregate.externalId))
    return `its last word is of run ${aggregate.externalId}, not of ${named}`;
  const isHead = (one: { headSha: string }) => one.headSha === headSha;
  const changes = snapshot.changes.filter((change) => change.open && isHead(change)).map(keyOf);
  const entries = snapshot.queue.filter(isHead).map(entryKeyOf);
  const speaking = [...changes, ...entries].map((key) => newest.get(key));
  return wrongAmong(aggregate, speaking.filter((run) => run?.headSha === headSha) as NewestRun[]);
}

function wrongAmong(aggregate: SimulatedCheck, speaking: NewestRun[]): string | null {
  const words = speaking.flatMap((run) => conclusionOf(run.document)?.conclusion ?? []);
  const [gravest] = words.toSorted((one, other) => gravity.indexOf(one) - gravity.indexOf(other));
  if (gravest === undefined || aggregate.conclusion === gravest) return null;
  return `its check says "${aggregate.conclusion}", and its runs ${speaking.map((run) => run.id).join(', ')} "${gravest}"`;
}
