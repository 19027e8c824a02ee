import { checkActions } from '../../event/check-action.ts';
import type { ForgeEvent } from '../../event/event.ts';
import { parseAs } from '../parse-as.ts';
import {
  InstallationDelivery,
  IssueCommentDelivery,
  MergeGroupDelivery,
  PressDelivery,
  PullRequestDelivery,
  RerequestDelivery,
  WorkDelivery,
} from './payloads.ts';

/**
 * One of GitHub's deliveries in our words. Never throws: what we do not use, and what does not look as it should, becomes
 * `other` with the reason.
 * @param name `X-GitHub-Event`
 * @param id `X-GitHub-Delivery`
 * @param body the parsed JSON
 */
export function parseDelivery(name: string, id: string, body: unknown): ForgeEvent {
  switch (name) {
    case 'pull_request':
      return parseAs(PullRequestDelivery, name, id, body, fromPullRequest);
    case 'issue_comment':
      return parseAs(IssueCommentDelivery, name, id, body, fromIssueComment);
    case 'check_run':
      if (isPress(body)) return parseAs(PressDelivery, name, id, body, fromPress);
      return parseAs(RerequestDelivery, name, id, body, (delivery) => fromRerequest(name, delivery));
    case 'check_suite':
      return parseAs(RerequestDelivery, name, id, body, (delivery) => fromRerequest(name, delivery));
    case 'merge_group':
      return parseAs(MergeGroupDelivery, name, id, body, fromMergeGroup);
    case 'workflow_run':
    case 'registry_package':
    case 'package':
    case 'deployment_status':
    case 'repository_dispatch':
      return parseAs(WorkDelivery, name, id, body, (delivery) => fromWork(name, delivery));
    case 'installation':
    case 'installation_repositories':
      return parseAs(InstallationDelivery, name, id, body, ({ action }) => ({
        kind: 'repositories-changed',
        how: `${name} ${printed(action)}`,
      }));
    default:
      return { kind: 'other', name, why: 'nothing follows from this event' };
  }
}

const openings = {
  opened: 'opened',
  reopened: 'reopened',
  ready_for_review: 'ready-for-review',
} as const;

function fromPullRequest({ action, pull_request: pull, repository, changes }: PullRequestDelivery): ForgeEvent {
  const change = { repository: repository.full_name, number: pull.number };
  const headSha = pull.head.sha;
  const draft = pull.draft ?? false;
  if (Object.hasOwn(openings, action)) {
    return { kind: 'change-opened', change, headSha, draft, how: openings[action as keyof typeof openings] };
  }
  // Another base branch is another set of rules and another merge: as good as a new head.
  if (action === 'edited' && changes?.base !== undefined) {
    return { kind: 'head-moved', change, headSha, draft, baseChanged: true };
  }
  if (action === 'synchronize') return { kind: 'head-moved', change, headSha, draft };
  if (action === 'closed') return { kind: 'change-closed', change, merged: pull.merged ?? false };
  return other('pull_request', action);
}

function fromIssueComment({ action, issue, comment, repository }: IssueCommentDelivery): ForgeEvent {
  if (action !== 'created') return other('issue_comment', action);
  if (!issue.pull_request)
    return { kind: 'other', name: 'issue_comment', why: 'the comment is on an issue, not on a change' };
  return {
    kind: 'command',
    change: { repository: repository.full_name, number: issue.number },
    commentId: String(comment.id),
    author: comment.user?.login ?? 'ghost',
    authorIsBot: comment.user?.type === 'Bot',
    body: comment.body ?? '',
  };
}

function fromMergeGroup({ action, reason, merge_group: group, repository }: MergeGroupDelivery): ForgeEvent {
  const entry = { repository: repository.full_name, ref: group.head_ref };
  if (action === 'checks_requested')
    return { kind: 'queue-entered', entry, headSha: group.head_sha, baseSha: group.base_sha };
  if (action === 'destroyed') return { kind: 'queue-left', entry, how: reason ?? 'no reason given' };
  return other('merge_group', action);
}

/** The change stays null: GitHub leaves forks out of `pull_requests`, so repository and SHA are what can be trusted. */
function fromRerequest(name: 'check_run' | 'check_suite', delivery: RerequestDelivery): ForgeEvent {
  const headSha = delivery[name]?.head_sha;
  if (delivery.action !== 'rerequested' || headSha === undefined) return other(name, delivery.action);
  return {
    kind: 'rerun-requested',
    change: null,
    repository: delivery.repository.full_name,
    headSha,
    requestedBy: delivery.sender.login,
  };
}

function isPress(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'action' in body && body.action === 'requested_action';
}

function fromPress({ check_run: check, requested_action, repository, sender }: PressDelivery): ForgeEvent {
  const action = checkActions.find((known) => known === requested_action.identifier);
  if (action === undefined || !check.external_id)
    return { kind: 'other', name: 'check_run', why: 'the button, or its check, is none of ours' };
  return {
    kind: 'action-requested',
    repository: repository.full_name,
    headSha: check.head_sha,
    runId: check.external_id,
    action,
    requestedBy: sender.login,
  };
}

/** Work that has an end says so; the rest is said once. */
const ends: Record<string, readonly string[]> = {
  workflow_run: ['completed'],
  registry_package: ['published', 'updated'],
  package: ['published', 'updated'],
  deployment_status: ['created'],
};

function fromWork(name: string, { action, repository }: WorkDelivery): ForgeEvent {
  if (ends[name]?.includes(action) === false || !repository) return other(name, action);
  return { kind: 'image-announced', repository: repository.full_name, by: `${name} ${printed(action)}` };
}

function other(name: string, action: string): ForgeEvent {
  return { kind: 'other', name, why: `nothing follows from the action ${printed(action)}` };
}

function printed(action: string): string {
  return JSON.stringify(action.slice(0, 100));
}
