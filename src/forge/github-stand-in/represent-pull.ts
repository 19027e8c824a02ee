import type { Commit, FileDifference } from './git-repository.ts';
import { representUser } from './represent-people.ts';
import { repositoryPage, repositoryUrl, representRepository } from './represent-repository.ts';
import { nodeId, type PullRequest, type Repository, type User, type World } from './world.ts';

/** A pull request as in lists (`pull-request-simple`) and in deliveries of `synchronize`. */
export function representPullSimple(world: World, pull: PullRequest) {
  const { url, htmlUrl, issueUrl } = addressesOf(world, pull);
  const statusesUrl = `${repositoryUrl(world, pull.repository)}/statuses/${pull.head.sha}`;
  return {
    url,
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    html_url: htmlUrl,
    diff_url: `${htmlUrl}.diff`,
    patch_url: `${htmlUrl}.patch`,
    issue_url: issueUrl,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repositoryUrl(world, pull.repository)}/pulls/comments{/number}`,
    comments_url: `${issueUrl}/comments`,
    statuses_url: statusesUrl,
    number: pull.number,
    state: pull.open ? 'open' : 'closed',
    locked: false,
    title: pull.title,
    user: representUser(world, pull.user),
    body: pull.body === '' ? null : pull.body,
    labels: pull.labels.map((name) => representLabel(world, pull.repository, name)),
    milestone: null,
    active_lock_reason: null,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    head: representSide(world, pull.head.repository ?? pull.repository, pull.head.ref, pull.head.sha),
    base: representSide(world, pull.repository, pull.base.ref, pull.base.sha),
    _links: {
      self: { href: url },
      html: { href: htmlUrl },
      issue: { href: issueUrl },
      comments: { href: `${issueUrl}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${repositoryUrl(world, pull.repository)}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statusesUrl },
    },
    author_association: associationOf(pull.repository, pull.user),
    auto_merge: null,
    draft: pull.draft,
  };
}

/** A pull request on its own and in most deliveries (`pull-request`). */
export async function representPull(world: World, pull: PullRequest) {
  const files = await pull.repository.git.differences(await mergeBaseOf(pull), pull.head.sha);
  return {
    ...representPullSimple(world, pull),
    merged: pull.mergedAt !== null,
    mergeable: pull.open ? true : null,
    rebaseable: pull.open ? true : null,
    mergeable_state: pull.open ? 'clean' : 'unknown',
    merged_by: pull.mergedBy && representUser(world, pull.mergedBy),
    comments: world.comments.filter((comment) => comment.pull === pull).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: await pull.repository.git.count(`${pull.base.sha}..${pull.head.sha}`),
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: files.length,
  };
}

/** The same pull request as an issue, which is what `issue_comment` deliveries carry. */
export function representPullAsIssue(world: World, pull: PullRequest) {
  const { htmlUrl, url, issueUrl } = addressesOf(world, pull);
  return {
    url: issueUrl,
    repository_url: repositoryUrl(world, pull.repository),
    labels_url: `${issueUrl}/labels{/name}`,
    comments_url: `${issueUrl}/comments`,
    events_url: `${issueUrl}/events`,
    html_url: htmlUrl,
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    number: pull.number,
    title: pull.title,
    user: representUser(world, pull.user),
    labels: pull.labels.map((name) => representLabel(world, pull.repository, name)),
    state: pull.open ? 'open' : 'closed',
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: world.comments.filter((comment) => comment.pull === pull).length,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    author_association: associationOf(pull.repository, pull.user),
    active_lock_reason: null,
    draft: pull.draft,
    pull_request: {
      url,
      html_url: htmlUrl,
      diff_url: `${htmlUrl}.diff`,
      patch_url: `${htmlUrl}.patch`,
      merged_at: pull.mergedAt,
    },
    body: pull.body === '' ? null : pull.body,
    reactions: representReactionCounts(`${issueUrl}/reactions`, []),
    timeline_url: `${issueUrl}/timeline`,
    performed_via_github_app: null,
    state_reason: null,
  };
}

export async function mergeBaseOf(pull: PullRequest): Promise<string> {
  return pull.repository.git.mergeBase(pull.base.sha, pull.head.sha);
}

export function addressesOf(world: World, pull: PullRequest) {
  return {
    url: `${repositoryUrl(world, pull.repository)}/pulls/${pull.number}`,
    htmlUrl: `${repositoryPage(world, pull.repository)}/pull/${pull.number}`,
    issueUrl: `${repositoryUrl(world, pull.repository)}/issues/${pull.number}`,
  };
}

/** Members whose membership is private show as contributors: this is no measure of rights, here as on GitHub. */
export function associationOf(repository: Repository, user: User): string {
  if (repository.roles.get(user.login) === undefined) return 'NONE';
  return user.login === repository.owner.login ? 'OWNER' : 'CONTRIBUTOR';
}

export function representReactionCounts(url: string, contents: string[]) {
  const count = (content: string) => contents.filter((one) => one === content).length;
  return {
    url,
    total_count: contents.length,
    '+1': count('+1'),
    '-1': count('-1'),
    laugh: count('laugh'),
    hooray: count('hooray'),
    confused: count('confused'),
    heart: count('heart'),
    rocket: count('rocket'),
    eyes: count('eyes'),
  };
}

export function representFile(world: World, repository: Repository, sha: string, file: FileDifference) {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.blob,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${repositoryPage(world, repository)}/blob/${sha}/${path}`,
    raw_url: `${repositoryPage(world, repository)}/raw/${sha}/${path}`,
    contents_url: `${repositoryUrl(world, repository)}/contents/${path}?ref=${sha}`,
    ...(file.previousPath === null ? {} : { previous_filename: file.previousPath }),
  };
}

export function representCommit(world: World, repository: Repository, commit: Commit) {
  const url = `${repositoryUrl(world, repository)}/commits/${commit.sha}`;
  const person = { name: commit.author, email: commit.email, date: commit.date };
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', Number.parseInt(commit.sha.slice(0, 8), 16)),
    commit: {
      author: person,
      committer: person,
      message: commit.message,
      tree: { sha: commit.tree, url: `${repositoryUrl(world, repository)}/git/trees/${commit.tree}` },
      url: `${repositoryUrl(world, repository)}/git/commits/${commit.sha}`,
      comment_count: 0,
    },
    url,
    html_url: `${repositoryPage(world, repository)}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    author: null,
    committer: null,
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${repositoryUrl(world, repository)}/commits/${sha}`,
      html_url: `${repositoryPage(world, repository)}/commit/${sha}`,
    })),
  };
}

function representSide(world: World, repository: Repository, ref: string, sha: string) {
  return {
    label: `${repository.owner.login}:${ref}`,
    ref,
    sha,
    user: representUser(world, repository.owner),
    repo: representRepository(world, repository),
  };
}

function representLabel(world: World, repository: Repository, name: string) {
  const id = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_000_007, 7);
  return {
    id,
    node_id: nodeId('Label', id),
    url: `${repositoryUrl(world, repository)}/labels/${encodeURIComponent(name)}`,
    name,
    color: 'ededed',
    default: false,
    description: null,
  };
}
