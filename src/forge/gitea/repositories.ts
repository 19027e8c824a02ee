import { z } from 'zod';
import { type GiteaClient, ourName } from './gitea-client.ts';

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
