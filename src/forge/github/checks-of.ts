import type { StandingCheck } from '../forge.ts';
import { type GitHubClient, splitRepository } from './github-client.ts';
import { allPages } from './pages.ts';

/** More checks of ours than any commit has. */
const maxPages = 5;

/** Every check that this App has made on the commit, the newest first, those that a newer one of the same name hides as well. */
export async function checksOf(
  client: GitHubClient,
  appId: string,
  { repository, sha }: { repository: string; sha: string },
  signal: AbortSignal,
): Promise<StandingCheck[]> {
  const checks = await allPages(maxPages, async (page) => {
    const { data } = await client.read(repository, `reading the checks on ${sha}`, signal, (octokit, request) =>
      octokit.request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', {
        ...splitRepository(repository),
        ref: sha,
        // An App may also be named by its client id, by which checks cannot be asked.
        ...(Number.isInteger(Number(appId)) ? { app_id: Number(appId) } : {}),
        filter: 'all',
        ...page,
        request,
      }),
    );
    return data.check_runs;
  });
  // Ids grow with time, and nobody promises the order of the list.
  const newestFirst = checks.toSorted((one, other) => Number(other.id) - Number(one.id));
  return newestFirst.map(({ id, name, external_id, status, conclusion }) => ({
    id: String(id),
    name,
    externalId: external_id,
    status: status === 'completed' || status === 'in_progress' ? status : 'queued',
    conclusion,
  }));
}
