import { prepared } from './prepared.ts';
import type { Reader, Tx } from './store.ts';

/** One check at the forge, as we wrote it last: by commit, name and change. */
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
  { repository, sha, name, changeId }: Pick<KnownCheck, 'repository' | 'sha' | 'name' | 'changeId'>,
): Promise<KnownCheck | null> {
  const [row] = await selectCheck(reader, repository, sha, name, changeId);
  return row === undefined ? null : asKnownCheck(row);
}

const selectCheck = prepared((db, repository: string, sha: string, name: string, changeId: string) =>
  db
    .selectFrom('checks')
    .selectAll()
    .where('repository', '=', repository)
    .where('sha', '=', sha)
    .where('name', '=', name)
    .where('change_id', '=', changeId),
);

export async function checksOfSha(reader: Reader, repository: string, sha: string): Promise<KnownCheck[]> {
  return (await selectOnCommit(reader, repository, sha)).map(asKnownCheck);
}

const selectOnCommit = prepared((db, repository: string, sha: string) =>
  db
    .selectFrom('checks')
    .selectAll()
    .where('repository', '=', repository)
    .where('sha', '=', sha)
    .orderBy('name')
    .orderBy('change_id'),
);

/** A lease and the time-out of a request, and then some: what was written before has landed, or never will. */
const nothingOnItsWayMs = 60_000;

/**
 * Remembers a check that was written. The newest generation of a change owns the words.
 * @returns false, and nothing is stored, when a newer generation of the same change has spoken on it
 */
export async function rememberCheck(tx: Tx, check: KnownCheck): Promise<boolean> {
  const { repository, sha, name, changeId, forgeId, runId, generation, conclusion } = check;
  const verifyAt = conclusion === null ? null : new Date(tx.now.getTime() + nothingOnItsWayMs);
  const key = [repository, sha, name, changeId] as const;
  return (await upsertCheck(tx, ...key, forgeId, runId, generation, conclusion, verifyAt)).length > 0;
}

const upsertCheck = prepared(
  (
    db,
    repository: string,
    sha: string,
    name: string,
    changeId: string,
    forgeId: string,
    runId: string,
    generation: number,
    conclusion: string | null,
    verifyAt: Date | null,
  ) => {
    const values = { forge_id: forgeId, run_id: runId, generation, conclusion, verify_at: verifyAt };
    return db
      .insertInto('checks')
      .values({ repository, sha, name, change_id: changeId, ...values })
      .onConflict((conflict) =>
        conflict
          .columns(['repository', 'sha', 'name', 'change_id'])
          .doUpdateSet(values)
          .where('checks.generation', '<=', generation),
      )
      .returning('name');
  },
);

export interface Commit {
  repository: string;
  sha: string;
}

/** Commits of which the checks are to be read again at the forge by now, the longest due first. */
export async function commitsToVerify(reader: Reader, now: Date, limit = 20): Promise<Commit[]> {
  return await reader.db
    .selectFrom('checks')
    .select(['repository', 'sha'])
    .where('verify_at', '<=', now)
    .groupBy(['repository', 'sha'])
    .orderBy((of) => of.fn.min('verify_at'))
    .limit(limit)
    .execute();
}

/**
 * Remembers that the checks on a commit were read again, as due at `now`, and put right where they stood otherwise.
 * @param again when they could not be read: those of other commits go first until then
 */
export async function rememberVerified(
  tx: Tx,
  { repository, sha }: Commit,
  { now, again }: { now: Date; again: Date | null },
): Promise<void> {
  await tx.db
    .updateTable('checks')
    .set({ verify_at: again })
    .where('repository', '=', repository)
    .where('sha', '=', sha)
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
