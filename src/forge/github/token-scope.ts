import { RunError } from '../../errors.ts';
import type { Permissions } from './app-access.ts';

/** What one installation token is asked for. */
export interface TokenScope {
  /** The name alone, without its owner; null: a token for all of the installation's. */
  repository: string | null;
  permissions: Permissions;
}

const metadata = { metadata: 'read' } as const;
const reading = { contents: 'read', pull_requests: 'read', ...metadata } as const;
const checks = { checks: 'write', ...metadata } as const;
const comments = { pull_requests: 'write', ...metadata } as const;
const deployments = { deployments: 'write', ...metadata } as const;

/** By the path after the repository. Few kinds, for each costs a request an hour; none may more than its own business. */
const kinds: readonly [RegExp, Permissions][] = [
  [/^\/(?:commits\/\{ref\}\/)?check-runs(?:\/|$)/, checks],
  [/^\/issues\//, comments],
  [/^\/deployments(?:\/|$)/, deployments],
  [/^\/(?:pulls|contents|tarball|compare|git)\//, reading],
  [/^\/pulls$/, reading],
  [/^(?:\/collaborators\/|$)/, metadata],
];

/**
 * The least that a request needs, for a token that is worth little to whoever gets hold of it. PURE.
 * @param url the path as GitHub's description writes it: `/repos/{owner}/{repo}/pulls`
 * @throws RunError `REQUEST_WITHOUT_SCOPE` (report-bug) for a request that nobody has thought of
 */
export function scopeOf(url: string, repository: unknown): TokenScope {
  if (url === '/installation/repositories') return { repository: null, permissions: metadata };
  const path = /^\/repos\/\{owner\}\/\{repo\}(\/.*|)$/.exec(url)?.[1];
  const permissions = kinds.find(([pattern]) => path !== undefined && pattern.test(path))?.[1];
  if (permissions === undefined || typeof repository !== 'string') {
    throw new RunError(`choosing the permissions for "${url}"`, {
      code: 'REQUEST_WITHOUT_SCOPE',
      remedy: 'report-bug',
    });
  }
  return { repository, permissions };
}
