import type { GitHubClient } from './github-client.ts';
import { allPages } from './pages.ts';

const maxPages = 100;

/** Repositories (`owner/name`) of every installation of the App that is not suspended. */
export async function listRepositories(client: GitHubClient, signal: AbortSignal): Promise<string[]> {
  const installations = await allPages(maxPages, (page) =>
    client.asApp("listing the App's installations", signal, async (octokit, request) => {
      const { data } = await octokit.request('GET /app/installations', { ...page, request });
      return data;
    }),
  );
  const names: string[] = [];
  const served = installations.filter(
    ({ suspended_at, account }) => suspended_at === null && client.serves(ownerOf(account)),
  );
  for (const { id } of served) {
    const repositories = await allPages(maxPages, (page) =>
      client.inInstallation(id, `listing the repositories of installation ${id}`, signal, async (octokit, request) => {
        const { data } = await octokit.request('GET /installation/repositories', { ...page, request });
        return data.repositories;
      }),
    );
    names.push(...repositories.filter((repository) => !repository.archived).map((repository) => repository.full_name));
  }
  return names.sort();
}

/** An enterprise has no repositories. */
function ownerOf(account: object | null): string {
  return account !== null && 'login' in account ? String(account.login) : '';
}
