import { z } from 'zod';
import type { Permission } from '../forge.ts';
import { type GiteaClient, isPlainPart, pathOf } from './gitea-client.ts';

const Answer = z.object({ permission: z.string() });
const Member = z.object({ login: z.string() });
const Team = z.object({
  id: z.int(),
  permission: z.string(),
  units_map: z.record(z.string(), z.string()).nullish(),
});
type Team = z.infer<typeof Team>;

/**
 * What the forge knows about a person's rights; everybody may read what is public. What somebody may do as a member of a team Gitea
 * does not say: its teams are asked for those that may write code, and whether the person is in one of them.
 */
export async function permissionOf(
  client: GiteaClient,
  repository: string,
  user: string,
  signal: AbortSignal,
): Promise<Permission> {
  if (!isPlainPart(user)) return 'none';
  const doing = `asking what "${user}" may do in "${repository}"`;
  const path = `${pathOf(repository)}/collaborators/${encodeURIComponent(user)}/permission`;
  const answer = await client.askOrNull(Answer, { doing, path }, signal);
  const said = answer === null ? 'none' : toPermission(answer.permission);
  if (answer === null || said === 'admin') return said;
  const teams = await teamsOf(client, repository, signal);
  if (said === 'write' && !teams.some(misleads)) return said;
  for (const { id } of teams.filter(mayWriteCode)) {
    if (await isMember(client, id, user, signal)) return 'write';
  }
  return said === 'write' ? 'read' : said;
}

export function toPermission(word: string): Permission {
  if (word === 'owner' || word === 'admin') return 'admin';
  return word === 'write' || word === 'read' ? word : 'none';
}

function mayWriteCode({ units_map: units }: Team): boolean {
  return toPermission(units?.['repo.code'] ?? '') === 'write';
}

/** PURE. Older Giteas, and Forgejo, say "write" of a team that may write issues and no code, and of its members. */
export function misleads(team: Team): boolean {
  return team.permission === 'write' && !mayWriteCode(team);
}

/** None for a repository that belongs to a person. */
async function teamsOf(client: GiteaClient, repository: string, signal: AbortSignal): Promise<Team[]> {
  const request = { doing: `listing the teams of "${repository}"`, path: `${pathOf(repository)}/teams` };
  return (await client.askOrNull(z.array(Team), request, signal, [405])) ?? [];
}

/** As far as our user sees: as a member of the team too, or an owner of the organisation. */
async function isMember(client: GiteaClient, team: number, user: string, signal: AbortSignal): Promise<boolean> {
  const doing = `asking whether "${user}" is in the team ${team}`;
  const path = `/teams/${team}/members/${encodeURIComponent(user)}`;
  return (await client.askOrNull(Member, { doing, path }, signal, [403, 404])) !== null;
}
