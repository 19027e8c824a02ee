import type { ForgeEvent } from '../../event/event.ts';
import { parseAs } from '../parse-as.ts';
import { ourName } from './gitea-client.ts';
import { ClosedDelivery, CommentDelivery, PullRequestDelivery } from './payloads.ts';

/**
 * One of Gitea's (or Forgejo's) deliveries in our words. Never throws: what we do not use, and what does not look as it should,
 * becomes `other` with the reason.
 * @param name `X-Gitea-Event`
 * @param id `X-Gitea-Delivery`
 * @param body the parsed JSON
 */
export function parseDelivery(name: string, id: string, body: unknown): ForgeEvent {
  if (name === 'pull_request') {
    const closed = ClosedDelivery.safeParse(body);
    return closed.success ? fromClosed(closed.data) : parseAs(PullRequestDelivery, name, id, body, fromPullRequest);
  }
  if (name === 'issue_comment') return parseAs(CommentDelivery, name, id, body, fromComment);
  return { kind: 'other', name, why: 'nothing follows from this event' };
}

/** Gitea's own default; where an operator has chosen other words, the next comparison with the open changes finds it. */
const draftTitle = /^(?:WIP:|\[WIP\])/i;

function fromPullRequest({ action, pull_request: pull, repository, changes }: PullRequestDelivery): ForgeEvent {
  const change = { repository: ourName(repository.full_name), number: pull.number };
  const common = { change, headSha: pull.head.sha, draft: pull.draft ?? false };
  if (action === 'opened' || action === 'reopened') return { kind: 'change-opened', ...common, how: action };
  if (action === 'synchronized') return { kind: 'head-moved', ...common };
  // Another base branch is another set of rules and another merge: as good as a new head.
  if (action === 'edited' && changes?.ref) return { kind: 'head-moved', ...common, baseChanged: true };
  // A draft is a word before the title, and nothing else.
  if (action === 'edited' && !common.draft && draftTitle.test(changes?.title?.from ?? '')) {
    return { kind: 'change-opened', ...common, how: 'ready-for-review' };
  }
  return other('pull_request', action);
}

function fromClosed({ pull_request: { number, merged }, repository }: ClosedDelivery): ForgeEvent {
  const change = { repository: ourName(repository.full_name), number };
  return { kind: 'change-closed', change, merged: merged ?? false };
}

function fromComment({ action, is_pull: isPull, issue, comment, repository }: CommentDelivery): ForgeEvent {
  if (action !== 'created') return other('issue_comment', action);
  if (!isPull) return { kind: 'other', name: 'issue_comment', why: 'the comment is on an issue, not on a change' };
  const body = comment.body ?? '';
  return {
    kind: 'command',
    change: { repository: ourName(repository.full_name), number: issue.number },
    commentId: String(comment.id),
    author: comment.user?.login ?? 'ghost',
    authorIsBot: isOurs(body),
    body,
  };
}

/** By the marker that our comments carry. Who writes it into a comment of their own is not heard. */
function isOurs(body: string): boolean {
  return /^<!-- greenroom:/m.test(body);
}

function other(name: string, action: string): ForgeEvent {
  return { kind: 'other', name, why: `nothing follows from the action ${JSON.stringify(action.slice(0, 100))}` };
}
