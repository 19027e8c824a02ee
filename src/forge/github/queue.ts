import type { QueueEntry } from '../forge.ts';
import { type GitHubClient, splitRepository } from './github-client.ts';

const queueBranches = 'heads/gh-readonly-queue/';
/** `<base branch>/pr-<number>-<SHA of what it was built on>`. */
const entryName = /^refs\/heads\/gh-readonly-queue\/(.+)\/pr-(\d+)-([0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * What the merge queues want tested: GitHub has no list of entries for Apps, but makes a branch for each and deletes it when
 * the entry is merged, built anew or taken out.
 */
export async function listQueue(client: GitHubClient, repository: string, signal: AbortSignal): Promise<QueueEntry[]> {
  const { data } = await client.read(
    repository,
    `listing the merge queue of "${repository}"`,
    signal,
    (octokit, request) =>
      octokit.request('GET /repos/{owner}/{repo}/git/matching-refs/{ref}', {
        ...splitRepository(repository),
        ref: queueBranches,
        request,
      }),
  );
  return data.flatMap(({ ref, object }) => entryOf(repository, ref, object.sha));
}

function entryOf(repository: string, ref: string, headSha: string): QueueEntry[] {
  const [, baseRef, change, baseSha] = entryName.exec(ref) ?? [];
  if (baseRef === undefined || baseSha === undefined) return [];
  return [{ repository, ref, headSha, baseSha, baseRef, change: Number(change) }];
}
