import { changeIdOf } from '../run/change-id.ts';
import type { Run } from '../run/run.ts';
import { approvalOf } from '../store/approvals.ts';
import { changeById } from '../store/changes.ts';
import type { Store } from '../store/store.ts';

type Commit = Pick<Run, 'repository' | 'headSha' | 'changeId'>;

/** Who let the commit of a fork run; null: nobody has, or a push or another base took it back. */
export async function letRunBy(store: Store, { repository, headSha, changeId }: Commit): Promise<string | null> {
  return (await approvalOf(store, repository, headSha, changeId, 'fork'))?.approvedBy ?? null;
}

/**
 * Whether a person has approved that what the run tests goes without its gate. Nobody can approve the commit of an entry of the merge queue: the approval
 * of the head that it adds goes with it.
 * @param adds the change that an entry adds to its base
 */
export async function isApproved(
  store: Store,
  { repository, headSha, changeId }: Commit,
  adds?: number,
): Promise<boolean> {
  if (adds === undefined) return (await approvalOf(store, repository, headSha, changeId)) !== null;
  const id = changeIdOf(repository, adds);
  const added = (await changeById(store, id))?.headSha ?? null;
  return added !== null && (await approvalOf(store, repository, added, id)) !== null;
}
