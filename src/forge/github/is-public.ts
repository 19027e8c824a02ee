import { type GitHubClient, splitRepository } from './github-client.ts';

/** What an enterprise calls internal is not for everybody: GitHub says that it is private. */
export async function isPublic(client: GitHubClient, repository: string, signal: AbortSignal): Promise<boolean> {
  const doing = `asking who may read "${repository}"`;
  return client.read(repository, doing, signal, async (octokit, request) => {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}', { ...splitRepository(repository), request });
    return !data.private;
  });
}
