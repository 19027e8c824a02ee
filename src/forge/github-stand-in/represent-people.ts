import { type Installation, nodeId, type User, type World } from './world.ts';

/** A user, organization or bot as GitHub shows it everywhere (`simple-user`). */
export function representUser(world: World, user: User) {
  const url = `${world.apiUrl}/users/${encodeURIComponent(user.login)}`;
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId('User', user.id),
    avatar_url: `${world.origin}/avatars/${encodeURIComponent(user.login)}`,
    gravatar_id: '',
    url,
    html_url: `${world.origin}/${encodeURIComponent(user.login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: user.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

/** What somebody sees of themselves (`public-user`). */
export function representPerson(world: World, user: User) {
  const nothing = { name: null, company: null, blog: null, location: null, email: null, hireable: null, bio: null };
  const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0 };
  const times = { created_at: world.app.createdAt, updated_at: world.app.createdAt };
  return { ...representUser(world, user), ...nothing, ...counts, ...times };
}

export function representApp(world: World) {
  const { app } = world;
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId('Integration', app.id),
    owner: representUser(world, app.owner),
    name: app.name,
    description: 'Tests each pull request in an environment of its own.',
    external_url: 'https://example.com/greenroom',
    html_url: `${world.origin}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: app.permissions,
    events: app.events,
  };
}

export function representInstallation(world: World, installation: Installation = world.ownInstallation) {
  const { app } = world;
  const { id, account } = installation;
  return {
    id,
    // The description asks for the fields of a user and of an enterprise at once.
    account: {
      ...representUser(world, account),
      name: account.login,
      slug: account.login,
      created_at: app.createdAt,
      updated_at: app.createdAt,
    },
    app_id: app.id,
    app_slug: app.slug,
    target_id: account.id,
    target_type: 'Organization',
    repository_selection: 'all',
    access_tokens_url: `${world.apiUrl}/app/installations/${id}/access_tokens`,
    repositories_url: `${world.apiUrl}/installation/repositories`,
    html_url: `${world.origin}/organizations/${account.login}/settings/installations/${id}`,
    permissions: installation.permissions,
    events: installation.events,
    single_file_name: null,
    created_at: installation.createdAt,
    updated_at: installation.createdAt,
    suspended_by: installation.suspendedAt === null ? null : representUser(world, account),
    suspended_at: installation.suspendedAt,
  };
}

/** The installation on whoever has the repository, as deliveries name it. */
export function representSimpleInstallation(world: World, owner: User) {
  const id = world.installationOf(owner)?.id ?? 0;
  return { id, node_id: nodeId('IntegrationInstallation', id) };
}
