import { eventsOfChecks, neededEvents, permissionsFor, usefulEvents, usefulPermissions } from './app-access.ts';

export interface AppWish {
  /** Unlike every other App's on that GitHub; at most 34 characters, and a person may still change it there. */
  name: string;
  /** Where people and GitHub reach Greenroom. */
  publicUrl: string;
  /** Where GitHub sends the person back to, with the code. */
  redirectUrl: string;
  /** Others than its owner may install it. */
  isPublic: boolean;
  /** Environments are to show as deployments. */
  deployments: boolean;
}

export const longestName = 34;

/** An App as GitHub registers it from a form: with what Greenroom needs, and nothing else. PURE. */
export function appManifest({ name, publicUrl, redirectUrl, isPublic, deployments }: AppWish) {
  return {
    name: name.slice(0, longestName).trim(),
    url: publicUrl,
    description: 'Tests each pull request in an environment of its own, and leaves nothing behind.',
    hook_attributes: { url: `${publicUrl}/webhooks/github`, active: true },
    redirect_url: redirectUrl,
    callback_urls: [`${publicUrl}/sign-in/github/callback`],
    public: isPublic,
    default_permissions: { ...permissionsFor({ deployments }), ...usefulPermissions },
    default_events: [...eventsOfChecks, ...neededEvents, ...usefulEvents].sort(),
  };
}

/** Where people look, for an API's address: github.com, a tenant of GHE.com, or an Enterprise Server. PURE. */
export function webAddressOf(apiUrl: string): string {
  const { protocol, host, pathname } = new URL(apiUrl);
  const tenant = /^api\.(github\.com|[a-z0-9-]+\.ghe\.com)$/.exec(host)?.[1];
  if (tenant !== undefined) return `${protocol}//${tenant}`;
  return `${protocol}//${host}${pathname.replace(/\/api\/v3\/?$/, '').replace(/\/$/, '')}`;
}

/** Where a manifest is sent to: a person's own Apps, or an organization's. PURE. */
export function registrationAddress(apiUrl: string, organization: string | null, state: string): string {
  const whose = organization === null ? '' : `/organizations/${encodeURIComponent(organization)}`;
  return `${webAddressOf(apiUrl)}${whose}/settings/apps/new?state=${encodeURIComponent(state)}`;
}
