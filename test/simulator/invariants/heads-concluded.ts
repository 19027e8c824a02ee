import { conclusionOf } from '../../../src/verdict/conclusion.ts';
import type { SimulatedChange, SimulatedCheck, Snapshot } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import { type NewestRun, newestBy, newestRuns, runsAtEnd } from './newest-runs.ts';

/** What blocks a merge most comes first. */
const gravity = ['failure', 'action_required', 'cancelled', 'neutral', 'success'];

export const headsConcluded: Invariant = {
  name: 'heads-concluded',
  promise:
    'every head of an open change is observed, every observed head concluded, and its last word the newest run’s',
  checked: 'at quiescence',
  watch: ({ broken }) => ({
    atEnd: (snapshot) => {
      const newest = new Map(newestRuns(snapshot).map((run) => [`${run.repository}#${run.number}`, run]));
      for (const change of snapshot.changes) {
        const run = newest.get(`${change.repository}#${change.number}`);
        const wrong = change.open ? wrongHead(change, run) : null;
        if (wrong !== null) broken(`${change.repository}#${change.number}`, wrong);
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

/** The end state must be as if every delivery had come once, at once. */
function wrongHead(change: SimulatedChange, run: NewestRun | undefined): string | null {
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
  const heads = snapshot.changes.filter((change) => change.open && change.headSha === headSha);
  const speaking = heads.map((change) => newest.get(`${change.repository}#${change.number}`));
  return wrongAmong(aggregate, speaking.filter((run) => run?.headSha === headSha) as NewestRun[]);
}

function wrongAmong(aggregate: SimulatedCheck, speaking: NewestRun[]): string | null {
  const words = speaking.flatMap((run) => conclusionOf(run.document)?.conclusion ?? []);
  const [gravest] = words.toSorted((one, other) => gravity.indexOf(one) - gravity.indexOf(other));
  if (gravest === undefined || aggregate.conclusion === gravest) return null;
  return `its check says "${aggregate.conclusion}", and its runs ${speaking.map((run) => run.id).join(', ')} "${gravest}"`;
}
