import { z } from 'zod';
import { type GiteaClient, ourName, pathOf } from './gitea-client.ts';

const Repository = z.object({
  id: z.int(),
  full_name: z.string(),
  archived: z.boolean().nullish(),
  permissions: z.object({ admin: z.boolean() }).nullish(),
});

/** Repositories (`gitea:owner/name`) that our user administers: only there may it ask what others may do. */
export async function listRepositories(client: GiteaClient, signal: AbortSignal): Promise<string[]> {
  const request = { doing: "listing our user's repositories", path: '/user/repos' };
  const repositories = await client.all(z.array(Repository), ({ id }) => id, request, signal);
  return repositories
    .filter(({ archived, permissions }) => !archived && permissions?.admin === true)
    .map((repository) => ourName(repository.full_name))
    .sort();
}

/** An owner may be for members alone, and a whole Gitea for people with an account: so it is asked as nobody would. */
export async function isPublic(client: GiteaClient, repository: string, signal: AbortSignal): Promise<boolean> {
  const request = { doing: `asking who may read "${repository}"`, path: pathOf(repository), asNobody: true };
  return (await client.askOrNull(z.object({ id: z.int() }), request, signal, [401, 403, 404])) !== null;
}
