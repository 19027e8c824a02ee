import { type Authentication, GitHubRefusal } from './authenticate.ts';
import { type Operation, page, repositoryOf } from './operation.ts';
import { representApp, representInstallation, representUser } from './represent-people.ts';
import { representRepository } from './represent-repository.ts';

/** The App itself, its installation, and who may do what in a repository. */
export function appOperations(authentication: Authentication): Operation[] {
  return [
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
        const { items, headers } = page(call, [representInstallation(call.world)]);
        return { status: 200, body: items, headers };
      },
    },
    {
      name: 'GET /repos/{owner}/{repo}/installation',
      for: 'app',
      permissions: [],
      answer(call) {
        repositoryOf(call);
        return { status: 200, body: representInstallation(call.world) };
      },
    },
    {
      name: 'POST /app/installations/{installation_id}/access_tokens',
      for: 'app',
      permissions: [],
      answer({ world, params }) {
        if (Number(params.installation_id) !== world.app.installationId) throw new GitHubRefusal(404, 'Not Found');
        const { token, expiresAt } = authentication.issueInstallationToken();
        return {
          status: 201,
          body: { token, expires_at: expiresAt, permissions: world.app.permissions, repository_selection: 'all' },
        };
      },
    },
    {
      name: 'GET /installation/repositories',
      for: 'installation',
      permissions: [],
      answer(call) {
        const all = [...call.world.repositories.values()].filter(({ owner }) => owner === call.world.app.owner);
        const { items, headers } = page(call, all);
        const repositories = items.map((repository) => representRepository(call.world, repository));
        return { status: 200, headers, body: { total_count: all.length, repository_selection: 'all', repositories } };
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
