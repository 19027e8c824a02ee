import { setTimeout as sleep } from 'node:timers/promises';
import { KnownSecrets } from '../known-secrets.ts';
import { statusOf } from './forge-error.ts';
import type { InstallationTokens } from './installation-tokens.ts';
import { scopeOf } from './token-scope.ts';

export interface ScopedAuth {
  tokens: InstallationTokens;
  installationId: number;
}

/** What Octokit hands to those who authenticate. */
interface Endpoint {
  /** With its parameters' names: `/repos/{owner}/{repo}`. */
  url: string;
  repo?: unknown;
  headers: Record<string, string | number | undefined>;
  request: { signal?: AbortSignal };
}

/** A new token is not known to every machine of GitHub at once; after this long it is. */
const youngMs = 5_000;
const mostTries = 4;

/** Octokit's way to authenticate: each request gets the token that it needs, and no more. */
export function scopedAuth({ tokens, installationId }: ScopedAuth) {
  const hook = async (request: (endpoint: Endpoint) => Promise<unknown>, endpoint: Endpoint): Promise<unknown> => {
    const scope = scopeOf(endpoint.url, endpoint.repo);
    for (let tries = 1; ; tries += 1) {
      const held = await tokens.of(installationId, scope);
      const headers = { ...endpoint.headers, authorization: `token ${held.token}` };
      try {
        return await request({ ...endpoint, headers });
      } catch (error) {
        // What it says is read by people, and a proxy may repeat what it was sent.
        if (error instanceof Error) error.message = withoutToken(error.message, held.token);
        // Nothing was done, so even a creation may be sent again.
        if (statusOf(error) !== 401 || tries === mostTries) throw error;
        if (tries === 1 || tokens.ageMs(held) > youngMs) tokens.forget(installationId, scope, held);
        else await sleep((tries - 1) * 1000, undefined, { signal: endpoint.request.signal });
      }
    }
  };
  return Object.assign(async () => ({ type: 'installation', installationId }), { hook });
}

function withoutToken(text: string, token: string): string {
  const secret = new KnownSecrets();
  secret.add(token);
  return secret.redact(text);
}
