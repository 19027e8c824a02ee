import type { ExpressionBuilder } from 'kysely';
import type { RememberedChange, RememberedEntry } from '../event/missed-events.ts';
import { leaveCommit } from './checks.ts';
import type { WantedRun } from './create-run.ts';
import { prepared } from './prepared.ts';
import type { Reader, Tx } from './store.ts';
import type { Tables } from './tables.ts';

/** A change, or an entry of the merge queue, as we remember it. */
export interface KnownChange {
  id: string;
  repository: string;
  /** Null for a working tree and for an entry. */
  number: number | null;
  /** The newest run's; 0 before the first. */
  generation: number;
  commentId: string | null;
  /** Somebody has begun to make the first comment, and may not have heard that it was made. */
  isCommentBegun: boolean;
  /** The head that we saw last. */
  headSha: string | null;
  /** As the forge had it when we looked last. */
  closed: boolean;
  baseRef: string | null;
}

/** Locks the change's row to the end of the transaction (and makes it): what is decided about one change is decided in a row. */
export async function lockChange(
  tx: Tx,
  { id, repository, number, queueRef = null }: WantedRun['change'],
): Promise<KnownChange> {
  await tx.db
    .insertInto('changes')
    .values({
      id,
      repository,
      number,
      queue_ref: queueRef,
      comment_id: null,
      comment_generation: null,
      comment_said: null,
      head_sha: null,
      draft: null,
      base_ref: null,
      updated_at: tx.now,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  const [row] = await lockedChange(tx, id);
  if (row === undefined) throw new Error(`locking the change "${id}": it has no row`);
  return asKnownChange(row);
}

const lockedChange = prepared((db, id: string) =>
  db.selectFrom('changes').selectAll().where('id', '=', id).forUpdate(),
);

export async function changeById(reader: Reader, id: string): Promise<KnownChange | null> {
  const [row] = await selectChange(reader, id);
  return row === undefined ? null : asKnownChange(row);
}

const selectChange = prepared((db, id: string) => db.selectFrom('changes').selectAll().where('id', '=', id));

/** Every change that we ever saw in this repository. */
export async function changesOf(reader: Reader, repository: string): Promise<KnownChange[]> {
  const rows = await reader.db
    .selectFrom('changes')
    .selectAll()
    .where('repository', '=', repository)
    .orderBy('number')
    .execute();
  return rows.map(asKnownChange);
}

/** Remembers how the forge had a change that we know already. Another base is other rules: what was approved under the old is dropped. */
export async function observeChange(
  tx: Tx,
  changeId: string,
  { closed, draft, baseRef }: { closed: boolean; draft: boolean; baseRef: string },
): Promise<void> {
  await tx.db
    .deleteFrom('approvals')
    .where('change_id', '=', changeId)
    .where((of) =>
      of.exists(of.selectFrom('changes').select('id').where('id', '=', changeId).where('base_ref', '!=', baseRef)),
    )
    .execute();
  const row = await tx.db
    .updateTable('changes')
    .set({ closed, draft, base_ref: baseRef, updated_at: tx.now })
    .where('id', '=', changeId)
    .returning(['repository', 'head_sha'])
    .executeTakeFirst();
  if (closed && row?.head_sha)
    await leaveCommit(tx, { id: changeId, repository: row.repository, headSha: row.head_sha });
}

/** Remembers that the forge shows the change no more, or not to us. */
export async function observeGone(tx: Tx, changeId: string): Promise<void> {
  const row = await tx.db
    .updateTable('changes')
    .set({ closed: true, updated_at: tx.now })
    .where('id', '=', changeId)
    .where('closed', '=', false)
    .returning(['repository', 'head_sha'])
    .executeTakeFirst();
  if (row?.head_sha) await leaveCommit(tx, { id: changeId, repository: row.repository, headSha: row.head_sha });
}

/** What reconciling compares with the forge's list: every change. */
export async function rememberedChanges(reader: Reader): Promise<RememberedChange[]> {
  const rows = await reader.db
    .selectFrom('changes')
    .select(['repository', 'number', 'head_sha', 'closed', 'draft', 'base_ref'])
    .select((of) => endedAsClosed(of).as('ended_as_closed'))
    .where('number', 'is not', null)
    .orderBy('repository')
    .orderBy('number')
    .execute();
  return rows.map((row) => ({
    repository: row.repository,
    number: row.number ?? 0,
    headSha: row.head_sha,
    closed: row.closed,
    draft: row.draft,
    baseRef: row.base_ref,
    endedAsClosed: Boolean(row.ended_as_closed),
  }));
}

/** The same of the merge queues: every entry that was not seen leaving. */
export async function rememberedEntries(reader: Reader): Promise<RememberedEntry[]> {
  const rows = await reader.db
    .selectFrom('changes')
    .select(['repository', 'queue_ref', 'head_sha'])
    .select((of) => endedAsClosed(of).as('ended_as_closed'))
    .where('queue_ref', 'is not', null)
    .where('closed', '=', false)
    .orderBy('repository')
    .orderBy('queue_ref')
    .execute();
  return rows.map((row) => ({
    repository: row.repository,
    ref: row.queue_ref ?? '',
    headSha: row.head_sha,
    endedAsClosed: Boolean(row.ended_as_closed),
  }));
}

function endedAsClosed(of: ExpressionBuilder<Tables, 'changes'>) {
  return of.exists(
    of
      .selectFrom('runs')
      .select('runs.id')
      .whereRef('runs.change_id', '=', 'changes.id')
      .whereRef('runs.generation', '=', 'changes.generation')
      .where('runs.cancel', '=', 'closed'),
  );
}

/** Longer than it takes to look for a comment and to make one. */
const makingCommentMs = 30_000;

/**
 * Whether it is ours to make the change's first comment: of all replicas one at a time may, or there would be two.
 * @returns until when, or null
 */
export async function claimFirstComment(tx: Tx, changeId: string): Promise<Date | null> {
  const until = new Date(tx.now.getTime() + makingCommentMs);
  return (await claimComment(tx, changeId, until, tx.now)).length > 0 ? until : null;
}

const claimComment = prepared((db, changeId: string, until: Date, now: Date) =>
  db
    .updateTable('changes')
    .set({ comment_claimed_until: until })
    .where('id', '=', changeId)
    .where('comment_id', 'is', null)
    .where((of) => of.or([of('comment_claimed_until', 'is', null), of('comment_claimed_until', '<=', now)]))
    .returning('id'),
);

/** Gives a claim back by which nothing was sent: whoever has more to say need not wait for its end. That it was begun stays known. */
export async function leaveFirstComment(tx: Tx, changeId: string, until: Date): Promise<void> {
  await tx.db
    .updateTable('changes')
    .set({ comment_claimed_until: tx.now })
    .where('id', '=', changeId)
    .where('comment_claimed_until', '=', until)
    .execute();
}

/** What our one comment on a change said last. */
export interface SaidComment {
  /** The forge's; null where there is none. */
  commentId: string | null;
  /** Of the run that it told of. */
  generation: number;
  /** Of that run's teardown, once it was done; null before. */
  said: string | null;
}

/** Remembers what was said. What an older run said over a newer one's word is known by that, and told again by the watchdog. */
export async function rememberComment(tx: Tx, changeId: string, comment: SaidComment): Promise<void> {
  const { commentId, generation, said } = comment;
  const remembered = await updateComment(tx, changeId, commentId, generation, said, tx.now);
  if (remembered.length > 0 || commentId === null) return;
  await tx.db
    .updateTable('changes')
    .set((of) => ({ comment_id: of.fn.coalesce('comment_id', of.val(commentId)), comment_said: null }))
    .where('id', '=', changeId)
    .execute();
}

const updateComment = prepared(
  (db, changeId: string, commentId: string | null, generation: number, said: string | null, now: Date) =>
    db
      .updateTable('changes')
      .set({ comment_id: commentId, comment_generation: generation, comment_said: said, updated_at: now })
      .where('id', '=', changeId)
      .where((of) => of.or([of('comment_generation', 'is', null), of('comment_generation', '<=', generation)]))
      .returning('id'),
);

/** Remembers a head that we observed, also when no run follows from it. */
export async function rememberHead(tx: Tx, changeId: string, headSha: string): Promise<void> {
  await tx.db
    .updateTable('changes')
    .set({ head_sha: headSha, updated_at: tx.now })
    .where('id', '=', changeId)
    .execute();
}

function asKnownChange(row: {
  id: string;
  repository: string;
  number: number | null;
  generation: number;
  comment_id: string | null;
  comment_claimed_until: Date | null;
  head_sha: string | null;
  closed: boolean;
  base_ref: string | null;
}): KnownChange {
  const { id, repository, number, generation, closed } = row;
  const { comment_id: commentId, head_sha: headSha, base_ref: baseRef } = row;
  const isCommentBegun = row.comment_claimed_until !== null;
  return { id, repository, number, generation, closed, baseRef, commentId, isCommentBegun, headSha };
}
