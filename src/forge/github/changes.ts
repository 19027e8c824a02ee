import { RunError } from '../../errors.ts';
import type { ChangeRef } from '../../event/event.ts';
import type { Change } from '../forge.ts';
import { type GitHubClient, splitRepository } from './github-client.ts';
import { allPages } from './pages.ts';

/** GitHub's comparison shows this many files and then stops, without a word. */
const comparedFilesLimit = 300;
const maxPages = 50;

/** What GitHub says about a pull request, alone and in a list: only what we use. */
interface PullRequest {
  number: number;
  title: string;
  state: string;
  draft?: boolean;
  html_url: string;
  user: { login: string } | null;
  labels: { name?: string }[];
  head: { sha: string; ref: string; repo: { full_name: string } | null };
  base: { sha: string; ref: string; repo: { full_name: string } };
}

export async function getChange(client: GitHubClient, ref: ChangeRef, signal: AbortSignal): Promise<Change> {
  const doing = `reading the change ${ref.repository}#${ref.number}`;
  const { data } = await client.read(ref.repository, doing, signal, (octokit, request) =>
    octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
      ...splitRepository(ref.repository),
      pull_number: ref.number,
      request,
    }),
  );
  return toChange(ref.repository, data);
}

export async function listOpenChanges(
  client: GitHubClient,
  repository: string,
  signal: AbortSignal,
): Promise<Change[]> {
  const pulls = await allPages<PullRequest>(maxPages, async (page) => {
    const { data } = await client.read(
      repository,
      `listing the open changes of "${repository}"`,
      signal,
      (octokit, request) =>
        octokit.request('GET /repos/{owner}/{repo}/pulls', {
          ...splitRepository(repository),
          state: 'open',
          sort: 'created',
          direction: 'asc',
          ...page,
          request,
        }),
    );
    return data;
  });
  // A change that closes between two pages moves the others up; one that is opened may come twice.
  return [...new Map(pulls.map((pull) => [pull.number, toChange(repository, pull)])).values()];
}

function toChange(repository: string, pull: PullRequest): Change {
  const headRepository = pull.head.repo?.full_name ?? null;
  return {
    repository,
    number: pull.number,
    title: pull.title,
    author: pull.user?.login ?? 'ghost',
    open: pull.state === 'open',
    draft: pull.draft ?? false,
    headSha: pull.head.sha,
    headRepository,
    headRef: pull.head.ref,
    baseSha: pull.base.sha,
    baseRef: pull.base.ref,
    labels: pull.labels.flatMap((label) => (label.name === undefined ? [] : [label.name])),
    trusted: headRepository !== null && headRepository.toLowerCase() === pull.base.repo.full_name.toLowerCase(),
    url: pull.html_url,
  };
}

/**
 * Paths that differ between the merge base of two commits and the second one; both names of what was renamed.
 * @throws RunError `FORGE_REFUSED` when GitHub cannot show them all: a part of them would let a change pass by unseen
 */
export async function changedFiles(
  client: GitHubClient,
  repository: string,
  baseSha: string,
  headSha: string,
  signal: AbortSignal,
): Promise<string[]> {
  const doing = `comparing ${baseSha} with ${headSha} in "${repository}"`;
  const { data } = await client.read(repository, doing, signal, (octokit, request) =>
    octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
      ...splitRepository(repository),
      basehead: `${baseSha}...${headSha}`,
      per_page: 1,
      request,
    }),
  );
  const files = data.files ?? [];
  if (files.length < comparedFilesLimit) {
    return [...new Set(files.flatMap((file) => [file.filename, file.previous_filename ?? file.filename]))].sort();
  }
  const before = await treeOf(client, repository, data.merge_base_commit.sha, signal);
  const after = await treeOf(client, repository, headSha, signal);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .sort();
}

/** Every file of a commit with what identifies its content. */
async function treeOf(
  client: GitHubClient,
  repository: string,
  sha: string,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const doing = `listing the files of ${sha} in "${repository}"`;
  const { data } = await client.read(repository, doing, signal, (octokit, request) =>
    octokit.request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', {
      ...splitRepository(repository),
      tree_sha: sha,
      recursive: '1',
      request,
    }),
  );
  if (data.truncated) {
    throw new RunError(doing, {
      code: 'FORGE_REFUSED',
      remedy: 'fix-input',
      hint: `The change touches more than ${comparedFilesLimit} files of a tree too large to list; make the change smaller.`,
    });
  }
  return new Map(
    data.tree.filter((entry) => entry.type !== 'tree').map((entry) => [entry.path, `${entry.mode} ${entry.sha}`]),
  );
}
