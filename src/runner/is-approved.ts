import { changeIdOf } from '../run/change-id.ts';
import type { Run } from '../run/run.ts';
import { approvalOf } from '../store/approvals.ts';
import { changeById } from '../store/changes.ts';
import type { Store } from '../store/store.ts';

/**
 * Whether a person has approved what the run tests. Nobody can approve the commit of an entry of the merge queue: the approval
 * of the head that it adds goes with it.
 * @param adds the change that an entry adds to its base
 */
export async function isApproved(
  store: Store,
  { repository, headSha, changeId }: Pick<Run, 'repository' | 'headSha' | 'changeId'>,
  adds?: number,
): Promise<boolean> {
  if (adds === undefined) return (await approvalOf(store, repository, headSha, changeId)) !== null;
  const id = changeIdOf(repository, adds);
  const added = (await changeById(store, id))?.headSha ?? null;
  return added !== null && (await approvalOf(store, repository, added, id)) !== null;
}
