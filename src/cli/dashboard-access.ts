import type { Config } from '../config/operator-config.ts';
import { type Access, accessOf } from '../dashboard/access/access.ts';
import type { OAuthForge } from '../dashboard/access/oauth.ts';
import type { Forge } from '../forge/forge.ts';
import { webAddressOf } from '../forge/github/app-manifest.ts';
import { forgeOf } from '../forge/repository-name.ts';

const withinMs = 10_000;

/** Who may look, by the operator's configuration and by what the forges say. */
export function dashboardAccess(config: Config, forge: Forge | null): Access {
  const { isOpen, token } = config.dashboard;
  return accessOf({
    isOpen,
    token: token?.reveal() ?? null,
    forges: forgesToSignInWith(config),
    publicUrl: config.service.publicUrl,
    readers: {
      isPublic: async (repository) =>
        forge !== null && (await forge.isPublic(repository, AbortSignal.timeout(withinMs))),
      async mayRead(repository, { forge: name, login }) {
        // The same name is somebody else's on another forge.
        if (forge === null || forgeOf(repository) !== name) return false;
        return (await forge.permissionOf(repository, login, AbortSignal.timeout(withinMs))) !== 'none';
      },
    },
  });
}

function forgesToSignInWith({ github, gitea, dashboard: { clients } }: Config): OAuthForge[] {
  const forges: OAuthForge[] = [];
  if (github !== null && clients.github !== null) {
    const { id, secret } = clients.github;
    const client = { clientId: id, clientSecret: secret.reveal(), scope: '' };
    forges.push({ forge: 'github', webUrl: webAddressOf(github.apiUrl), apiUrl: github.apiUrl, ...client });
  }
  if (gitea !== null && clients.gitea !== null) {
    const { id, secret } = clients.gitea;
    const client = { clientId: id, clientSecret: secret.reveal(), scope: 'read:user' };
    forges.push({ forge: 'gitea', webUrl: gitea.url, apiUrl: `${gitea.url}/api/v1`, ...client });
  }
  return forges;
}
