import type { ForgeName } from '../event/event.ts';

/**
 * Two forges may each have an `acme/shop`, and they are never the same: Gitea's is `gitea:acme/shop`, wherever we write or read
 * a repository's name. GitHub's stays as it is. No forge allows a colon in a name.
 */
export const giteaPrefix = 'gitea:';

export function forgeOf(repository: string): ForgeName {
  return repository.startsWith(giteaPrefix) ? 'gitea' : 'github';
}
