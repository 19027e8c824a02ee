import { type Authentication, GitHubRefusal, type Grant } from './authenticate.ts';
import { type Call, type Operation, page, repositoryOf } from './operation.ts';
import { representApp, representInstallation, representPerson, representUser } from './represent-people.ts';
import { representRepository } from './represent-repository.ts';
import type { Repository } from './world.ts';

const mostRepositories = 500;

/** The App itself, its installations, and who may do what in a repository. */
export function appOperations(authentication: Authentication): Operation[] {
  return [
    userOperation,
    {
      name: 'GET /app',
      for: 'app',
      permissions: [],
      answer: ({ world }) => ({ status: 200, body: representApp(world) }),
    },
    {
      name: 'GET /app/installations',
      for: 'app',
      permissions: [],
      answer(call) {
        const { items, headers } = page(call, call.world.installations);
        return { status: 200, body: items.map((one) => representInstallation(call.world, one)), headers };
      },
    },
    {
      name: 'GET /repos/{owner}/{repo}/installation',
      for: 'app',
      permissions: [],
      answer(call) {
        const installation = call.world.installationOf(repositoryOf(call).owner);
        if (!installation) throw new GitHubRefusal(404, 'Not Found');
        return { status: 200, body: representInstallation(call.world, installation) };
      },
    },
    {
      name: 'POST /app/installations/{installation_id}/access_tokens',
      for: 'app',
      permissions: [],
      answer(call) {
        const grant = grantOf(call);
        const { token, expiresAt } = authentication.issueInstallationToken(grant);
        const { permissions, repositories: ids } = grant;
        const reached = [...call.world.repositories.values()].filter(({ id }) => ids?.has(id));
        const repositories = reached.map((repository) => representRepository(call.world, repository));
        const selection =
          ids === null ? { repository_selection: 'all' } : { repository_selection: 'selected', repositories };
        return { status: 201, body: { token, expires_at: expiresAt, permissions, ...selection } };
      },
    },
    {
      name: 'GET /installation/repositories',
      for: 'installation',
      permissions: [],
      answer(call) {
        const all = [...call.world.repositories.values()].filter((one) => isReached(call, one));
        const { items, headers } = page(call, all);
        const repositories = items.map((repository) => representRepository(call.world, repository));
        return { status: 200, headers, body: { total_count: all.length, repository_selection: 'all', repositories } };
      },
    },
    {
      name: 'GET /repos/{owner}/{repo}',
      for: 'installation or user',
      permissions: ['metadata=read'],
      answer(call) {
        const counts = { network_count: 0, subscribers_count: 0 };
        return { status: 200, body: { ...representRepository(call.world, repositoryOf(call)), ...counts } };
      },
    },
    {
      name: 'GET /repos/{owner}/{repo}/collaborators/{username}/permission',
      for: 'installation or user',
      permissions: ['metadata=read'],
      answer(call) {
        const user = call.world.users.get((call.params.username ?? '').toLowerCase());
        const role = user && repositoryOf(call).roles.get(user.login);
        if (!user || !role) throw new GitHubRefusal(404, `${call.params.username} is not a user`);
        // Older than roles: maintain shows as write here and triage as read.
        const permission = role === 'maintain' ? 'write' : role === 'triage' ? 'read' : role;
        const body = { permission, role_name: role, user: { ...representUser(call.world, user), role_name: role } };
        return { status: 200, body };
      },
    },
  ];
}

/** Somebody's own, by a token of theirs. */
const userOperation: Operation = {
  name: 'GET /user',
  for: 'user',
  permissions: [],
  answer({ caller, world }) {
    if (caller.kind !== 'user') throw new GitHubRefusal(401, 'Requires authentication');
    return { status: 200, body: representPerson(world, caller.user) };
  },
};

function isReached({ caller }: Call, { owner, id }: Repository): boolean {
  if (caller.kind !== 'installation' || owner !== caller.installation.account) return false;
  return caller.repositories?.has(id) ?? true;
}

interface TokenWish {
  repositories?: string[];
  repository_ids?: number[];
  permissions?: Record<string, 'read' | 'write'>;
}

/** @throws GitHubRefusal 404, 403 where the installation is suspended, 422 for more than it may */
function grantOf({ world, params, body }: Call): Grant {
  const installation = world.installations.find(({ id }) => id === Number(params.installation_id));
  if (!installation) throw new GitHubRefusal(404, 'Not Found');
  if (installation.suspendedAt !== null) throw new GitHubRefusal(403, 'This installation has been suspended');
  const wish = (body ?? {}) as TokenWish;
  const named = (wish.repositories ?? []).map((name) => world.repository(`${installation.account.login}/${name}`)?.id);
  const wished = [...named, ...(wish.repository_ids ?? [])];
  const known = wished.filter((id) => [...world.repositories.values()].some((one) => one.id === id));
  if (known.length < wished.length || wished.length > mostRepositories) {
    const problem =
      'There is at least one repository that does not exist or is not accessible to the parent installation.';
    throw new GitHubRefusal(422, problem);
  }
  const may = installation.permissions;
  const permissions = wish.permissions ?? may;
  if (Object.entries(permissions).some(([name, level]) => may[name] !== 'write' && may[name] !== level)) {
    throw new GitHubRefusal(422, 'The permissions requested are not granted to this installation.');
  }
  return { installation, permissions, repositories: wished.length === 0 ? null : new Set(known.map(Number)) };
}
