import type { Reader, Tx } from './store.ts';

/** One check at the forge, as we wrote it last. Checks are keyed by repository, commit and name. */
export interface KnownCheck {
  repository: string;
  sha: string;
  name: string;
  forgeId: string;
  changeId: string;
  runId: string;
  generation: number;
  conclusion: string | null;
}

export async function checkOf(
  reader: Reader,
  repository: string,
  sha: string,
  name: string,
): Promise<KnownCheck | null> {
  const row = await reader.db
    .selectFrom('checks')
    .selectAll()
    .where('repository', '=', repository)
    .where('sha', '=', sha)
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? null : asKnownCheck(row);
}

export async function checksOfSha(reader: Reader, repository: string, sha: string): Promise<KnownCheck[]> {
  const rows = await reader.db
    .selectFrom('checks')
    .selectAll()
    .where('repository', '=', repository)
    .where('sha', '=', sha)
    .orderBy('name')
    .execute();
  return rows.map(asKnownCheck);
}

/**
 * Remembers a check that was written. The newest generation of a change owns the words.
 * @returns false, and nothing is stored, when a newer generation of the same change has spoken on it
 */
export async function rememberCheck(tx: Tx, check: KnownCheck): Promise<boolean> {
  const values = {
    forge_id: check.forgeId,
    change_id: check.changeId,
    run_id: check.runId,
    generation: check.generation,
    conclusion: check.conclusion,
    concluded_at: check.conclusion === null ? null : tx.now,
    verified_at: null,
  };
  const row = await tx.db
    .insertInto('checks')
    .values({ repository: check.repository, sha: check.sha, name: check.name, ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['repository', 'sha', 'name'])
        .doUpdateSet(values)
        .where((of) =>
          of.or([of('checks.change_id', '<>', check.changeId), of('checks.generation', '<=', check.generation)]),
        ),
    )
    .returning('name')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Ids of the runs whose word on their commit was written a while ago, and not read again since: the newest runs of their
 * changes on it. Oldest first.
 * @param window concluded between these instants
 */
export async function unverifiedRuns(
  reader: Reader,
  window: { after: Date; before: Date },
  limit = 20,
): Promise<string[]> {
  const rows = await reader.db
    .selectFrom('checks')
    .select('run_id')
    .where('name', '=', 'greenroom')
    .where('conclusion', 'is not', null)
    .where('verified_at', 'is', null)
    .where('concluded_at', '>=', window.after)
    .where('concluded_at', '<=', window.before)
    .orderBy('concluded_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.run_id);
}

/** Remembers that a run's checks were read again, and put right where they stood otherwise. */
export async function rememberVerified(tx: Tx, runId: string): Promise<void> {
  await tx.db.updateTable('checks').set({ verified_at: tx.now }).where('run_id', '=', runId).execute();
}

/** Checks that were begun and not concluded, for the watchdog. */
export async function unconcludedChecks(reader: Reader, limit = 100): Promise<KnownCheck[]> {
  const rows = await reader.db
    .selectFrom('checks')
    .selectAll()
    .where('conclusion', 'is', null)
    .orderBy('repository')
    .orderBy('sha')
    .limit(limit)
    .execute();
  return rows.map(asKnownCheck);
}

function asKnownCheck(row: {
  repository: string;
  sha: string;
  name: string;
  forge_id: string;
  change_id: string;
  run_id: string;
  generation: number;
  conclusion: string | null;
}): KnownCheck {
  const { repository, sha, name, generation, conclusion } = row;
  return {
    repository,
    sha,
    name,
    generation,
    conclusion,
    forgeId: row.forge_id,
    changeId: row.change_id,
    runId: row.run_id,
  };
}
