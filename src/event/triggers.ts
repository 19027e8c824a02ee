import type { RepositoryConfig } from '../config/repository-config.ts';
import { matchesGlob } from './glob.ts';

export type Triggers = RepositoryConfig['triggers'];

export interface TriggerFacts {
  baseRef: string;
  draft: boolean;
  /** Paths that the change touches. Empty when the forge lists none: then no path rule applies. */
  changedFiles: readonly string[];
}

/** Why the rules of the base branch skip this change, or null when they let it run. PURE. */
export function skippedByTriggers(triggers: Triggers, { baseRef, draft, changedFiles }: TriggerFacts): string | null {
  if (draft && triggers.drafts === 'skip') return 'this change is a draft; it runs when it is ready for review';
  const { branches } = triggers;
  if (branches && !branches.some((glob) => matchesGlob(baseRef, glob))) {
    return `the base branch "${baseRef}" is not among triggers.branches (${branches.join(', ')})`;
  }
  const ignored = triggers['paths-ignore'];
  const ignorable = (path: string): boolean => ignored.some((glob) => matchesGlob(path, glob));
  if (ignored.length > 0 && changedFiles.length > 0 && changedFiles.every(ignorable)) {
    return `every changed path matches triggers.paths-ignore (${ignored.join(', ')})`;
  }
  return null;
}
