import type { Reader, Tx } from './store.ts';

export interface Approval {
  repository: string;
  /** Exactly this commit; the next push needs another one. */
  sha: string;
  changeId: string;
  approvedBy: string;
}

export async function approve(tx: Tx, approval: Approval): Promise<void> {
  await tx.db
    .insertInto('approvals')
    .values({
      repository: approval.repository,
      sha: approval.sha,
      change_id: approval.changeId,
      approved_by: approval.approvedBy,
      approved_at: tx.now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Who approved this commit of this change, or null. */
export async function approvalOf(
  reader: Reader,
  repository: string,
  sha: string,
  changeId: string,
): Promise<Approval | null> {
  const row = await reader.db
    .selectFrom('approvals')
    .selectAll()
    .where('repository', '=', repository)
    .where('sha', '=', sha)
    .where('change_id', '=', changeId)
    .executeTakeFirst();
  return row === undefined ? null : { repository, sha, changeId, approvedBy: row.approved_by };
}
