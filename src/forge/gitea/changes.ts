import { z } from 'zod';
import type { ChangeRef } from '../../event/event.ts';
import type { Change } from '../forge.ts';
import { type GiteaClient, ourName, pathOf } from './gitea-client.ts';

/** What Gitea says about a pull request, alone and in a list: only what we use. */
const PullRequest = z.object({
  number: z.int().positive(),
  title: z.string(),
  state: z.string(),
  draft: z.boolean().nullish(),
  html_url: z.string(),
  user: z.object({ login: z.string() }).nullish(),
  labels: z.array(z.object({ name: z.string() })).nullish(),
  merge_base: z.string().nullish(),
  head: z.object({
    sha: z.string(),
    ref: z.string(),
    label: z.string(),
    repo: z.object({ full_name: z.string() }).nullish(),
  }),
  base: z.object({ sha: z.string(), ref: z.string(), repo: z.object({ full_name: z.string() }) }),
});
type PullRequest = z.infer<typeof PullRequest>;

export async function getChange(client: GiteaClient, ref: ChangeRef, signal: AbortSignal): Promise<Change> {
  const doing = `reading the change ${ref.repository}#${ref.number}`;
  const path = `${pathOf(ref.repository)}/pulls/${ref.number}`;
  return toChange(ref.repository, await client.ask(PullRequest, { doing, path }, signal));
}

export async function listOpenChanges(client: GiteaClient, repository: string, signal: AbortSignal): Promise<Change[]> {
  const doing = `listing the open changes of "${repository}"`;
  const request = { doing, path: `${pathOf(repository)}/pulls`, query: { state: 'open', sort: 'oldest' } };
  const pulls = await client.all(z.array(PullRequest), ({ number }) => number, request, signal);
  return pulls.map((pull) => toChange(repository, pull));
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
    headRepository: headRepository === null ? null : ourName(headRepository),
    headRef: pull.head.ref,
    // Of a base branch that is gone there is no commit any more.
    baseSha: pull.base.sha || (pull.merge_base ?? ''),
    baseRef: pull.base.ref,
    labels: (pull.labels ?? []).map((label) => label.name),
    trusted:
      isBranchOf(pull, headRepository) && headRepository?.toLowerCase() === pull.base.repo.full_name.toLowerCase(),
    url: pull.html_url,
  };
}

/**
 * A push to `refs/for/main` makes a change without a fork, for everybody who may read: Gitea then names the base as the head's
 * repository, but no branch.
 */
function isBranchOf({ head }: PullRequest, headRepository: string | null): boolean {
  return headRepository !== null && head.label !== '' && !head.ref.startsWith('refs/');
}
