import { nodeId, type User, type World } from './world.ts';

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

export function representInstallation(world: World) {
  const { app } = world;
  return {
    id: app.installationId,
    // The description asks for the fields of a user and of an enterprise at once.
    account: {
      ...representUser(world, app.owner),
      name: app.owner.login,
      slug: app.owner.login,
      created_at: app.createdAt,
      updated_at: app.createdAt,
    },
    app_id: app.id,
    app_slug: app.slug,
    target_id: app.owner.id,
    target_type: 'Organization',
    repository_selection: 'all',
    access_tokens_url: `${world.apiUrl}/app/installations/${app.installationId}/access_tokens`,
    repositories_url: `${world.apiUrl}/installation/repositories`,
    html_url: `${world.origin}/organizations/${app.owner.login}/settings/installations/${app.installationId}`,
    permissions: app.permissions,
    events: app.events,
    single_file_name: null,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    suspended_by: null,
    suspended_at: null,
  };
}

/** The installation as deliveries name it. */
export function representSimpleInstallation(world: World) {
  return { id: world.app.installationId, node_id: nodeId('IntegrationInstallation', world.app.installationId) };
}
