import type { ApprovalKind, Approvals } from '../event/decision.ts';
import { prepared } from './prepared.ts';
import type { Reader, Tx } from './store.ts';

export interface Approval {
  repository: string;
  /** Exactly this commit; the next push needs another one. */
  sha: string;
  changeId: string;
  kind: ApprovalKind;
  approvedBy: string;
}

export async function approve(tx: Tx, approval: Approval): Promise<void> {
  await tx.db
    .insertInto('approvals')
    .values({
      repository: approval.repository,
      sha: approval.sha,
      change_id: approval.changeId,
      kind: approval.kind,
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
  kind: ApprovalKind = 'gate',
): Promise<Approval | null> {
  const row = await reader.db
    .selectFrom('approvals')
    .selectAll()
    .where('repository', '=', repository)
    .where('sha', '=', sha)
    .where('change_id', '=', changeId)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row === undefined ? null : { repository, sha, changeId, kind, approvedBy: row.approved_by };
}

/** By whom this commit of this change was approved, and as what. */
export async function approvalsOf(
  reader: Reader,
  { repository, headSha, changeId }: { repository: string; headSha: string; changeId: string },
): Promise<Approvals> {
  const rows = await selectApprovals(reader, repository, headSha, changeId);
  const by = (kind: ApprovalKind) => rows.find((row) => row.kind === kind)?.approved_by ?? null;
  return { fork: by('fork'), gate: by('gate') };
}

const selectApprovals = prepared((db, repository: string, sha: string, changeId: string) =>
  db
    .selectFrom('approvals')
    .select(['kind', 'approved_by'])
    .where('repository', '=', repository)
    .where('sha', '=', sha)
    .where('change_id', '=', changeId),
);

/**
 * Takes back what was approved of a change: a push drops it, also when a later one brings the commit back.
 * @param keptSha its head now; null where nothing is kept
 */
export async function dropApprovals(tx: Tx, changeId: string, keptSha: string | null): Promise<void> {
  const old = tx.db.deleteFrom('approvals').where('change_id', '=', changeId);
  await (keptSha === null ? old : old.where('sha', '!=', keptSha)).execute();
}
