import { createHash } from 'node:crypto';
import { base32 } from './base32.ts';

/**
 * The change's id in our store and on labels: 13 characters, DNS-1123, the same for the same change whatever the case of
 * the repository's name (forges ignore it). PURE.
 * @param change the change's number; null for a working tree
 */
export function changeIdOf(repository: string, change: number | null): string {
  return idOf(repository, `#${change ?? 'local'}`);
}

/** The same for an entry of the merge queue, which has no number: by its branch. PURE. */
export function queueEntryIdOf({ repository, ref }: { repository: string; ref: string }): string {
  return idOf(repository, `@${ref}`);
}

function idOf(repository: string, what: string): string {
  const digest = createHash('sha256').update(`${repository.toLowerCase()}${what}`).digest();
  return `c${base32(digest).slice(0, 12)}`;
}
