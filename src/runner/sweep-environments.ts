import type { Forge } from '../forge/forge.ts';
import { liveRuns } from '../store/runs.ts';
import type { OpenChanges } from '../teardown/expired.ts';
import { finalizersOf } from '../teardown/strip-finalizers.ts';
import { type SweepResult, sweep } from '../teardown/sweep.ts';
import type { Player } from './play-run.ts';
import { strippedWords, teardownDeadlineMs } from './tear-down-run.ts';

export interface SweepWords {
  dryRun: boolean;
  /** An operator's explicit wish: finalizers that nobody takes away are stripped. */
  stripFinalizers?: boolean;
  /** Those of these runs whose environments are somebody else's business. */
  leave?: (runIds: readonly string[]) => Promise<ReadonlySet<string>>;
  onLine: (line: string) => void;
}

/** One sweep: from the cluster's labels, asked against the forge and the rows. */
export async function sweepEnvironments(
  { stage, store, stacks }: Pick<Player, 'stage' | 'store' | 'stacks'>,
  forge: Forge | null,
  words: SweepWords,
  signal: AbortSignal,
): Promise<SweepResult> {
  const result = await sweep({
    kubernetes: stage.kubernetes,
    stacks,
    instance: stage.instance,
    openChanges: (repositories) => openChangesOf(forge, repositories, signal),
    liveRuns: async () => new Set((await liveRuns(store)).map((run) => run.id)),
    now: stage.now,
    dryRun: words.dryRun,
    stripFinalizers: words.stripFinalizers ?? false,
    ...(words.leave ? { leave: words.leave } : {}),
    deadlineMs: teardownDeadlineMs,
    signal,
    onCandidate: ({ environment, reason, detail }) => words.onLine(`${environment.name}: ${reason}, ${detail}`),
    onReceipt: ({ environment, status, gone, blockedBy, stripped }) => {
      for (const object of stripped) words.onLine(`${environment}: stripped ${strippedWords(object)}`);
      const blocked = blockedBy.map((blocker) => `; blocked by ${blocker.object} (${blocker.cause})`).join('');
      words.onLine(`${environment}: ${status}, ${gone.length} objects gone${blocked}`);
    },
  });
  if (words.dryRun && words.stripFinalizers === true) await tellFinalizers(stage, result, words.onLine);
  return result;
}

/** What a sweep that strips may strip, if nobody else takes it away first. */
async function tellFinalizers(
  { kubernetes, instance }: Player['stage'],
  { candidates }: SweepResult,
  onLine: (line: string) => void,
): Promise<void> {
  for (const { environment } of candidates) {
    const { name, runId } = environment;
    for (const object of await finalizersOf(kubernetes, { instance, runId }))
      onLine(`${name}: would strip ${strippedWords(object)} if nobody else does`);
  }
}

/** A forge that cannot be asked is never a reason to tear down. */
async function openChangesOf(forge: Forge | null, repositories: string[], signal: AbortSignal): Promise<OpenChanges> {
  const known = await Promise.all(
    repositories.map(async (repository): Promise<[string, ReadonlySet<number> | 'unknown']> => {
      if (forge === null || repository.startsWith('local/')) return [repository, 'unknown'];
      const open = await forge.listOpenChanges(repository, signal).catch(() => null);
      return [repository, open === null ? 'unknown' : new Set(open.map((change) => change.number))];
    }),
  );
  return new Map(known);
}
