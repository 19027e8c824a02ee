import type { Reader } from './store.ts';

/** Whether a comment's command was done before; what holds when two ask at once is `claimComment`. */
export async function isCommentHandled(reader: Reader, repository: string, commentId: string): Promise<boolean> {
  const row = await reader.db
    .selectFrom('comments')
    .select('comment_id')
    .where('repository', '=', repository)
    .where('comment_id', '=', commentId)
    .executeTakeFirst();
  return row !== undefined;
}
