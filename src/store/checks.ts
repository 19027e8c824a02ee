import { prepared } from './prepared.ts';
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
  const [row] = await selectCheck(reader, repository, sha, name);
  return row === undefined ? null : asKnownCheck(row);
}

const selectCheck = prepared((db, repository: string, sha: string, name: string) =>
  db
    .selectFrom('checks')
    .selectAll()
    .where('repository', '=', repository)
    .where('sha', '=', sha)
    .where('name', '=', name),
);

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

/** A lease and the time-out of a request, and then some: what was written before has landed, or never will. */
const nothingOnItsWayMs = 60_000;

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
    verify_at: check.conclusion === null ? null : new Date(tx.now.getTime() + nothingOnItsWayMs),
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

/** Ids of the runs whose checks are to be read again at the forge by now, the longest due first. */
export async function runsToVerify(reader: Reader, now: Date, limit = 20): Promise<string[]> {
  const rows = await reader.db
    .selectFrom('checks')
    .select('run_id')
    .where('name', '=', 'greenroom')
    .where('verify_at', '<=', now)
    .orderBy('verify_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.run_id);
}

/** Remembers that a run's checks were read again, as due at `now`, and put right where they stood otherwise. */
export async function rememberVerified(tx: Tx, runId: string, now: Date): Promise<void> {
  await tx.db
    .updateTable('checks')
    .set({ verify_at: null })
    .where('run_id', '=', runId)
    .where('verify_at', '<=', now)
    .execute();
}

/** The change has nothing to say on the commit any more: where others have, what stands there is looked at again. */
export async function leaveCommit(tx: Tx, change: { id: string; repository: string; headSha: string }): Promise<void> {
  await tx.db
    .updateTable('checks')
    .set({ verify_at: tx.now })
    .where('repository', '=', change.repository)
    .where('sha', '=', change.headSha)
    .where('conclusion', 'is not', null)
    .where((of) =>
      of.exists(
        of
          .selectFrom('runs')
          .select('runs.id')
          .whereRef('runs.repository', '=', 'checks.repository')
          .whereRef('runs.head_sha', '=', 'checks.sha')
          .where('runs.change_id', '<>', change.id),
      ),
    )
    .execute();
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
