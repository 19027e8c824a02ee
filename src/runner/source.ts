import type { ChangeRef } from '../event/event.ts';
import type { Forge } from '../forge/forge.ts';

/** Where a run's files and facts about its change come from: a forge, or a working tree (PORT, two implementations). */
export interface Source {
  /** Read again before what matters (DESIGN, rule 6). */
  standing(signal: AbortSignal): Promise<{ open: boolean; headSha: string }>;
  /** One file of the head or of the base as text, or null where there is none. `base` is null for a tree without one. */
  readFile(side: 'head' | 'base', path: string, signal: AbortSignal): Promise<string | null>;
  /** Paths that the change touches, relative to the repository's root. */
  changedFiles(signal: AbortSignal): Promise<string[]>;
  /** The head's tree as data: no links, nothing outside `folder`. */
  fetchTree(folder: string, signal: AbortSignal): Promise<void>;
}

export interface ForgeSourceOptions {
  change: ChangeRef;
  headSha: string;
  baseSha: string;
}

export function forgeSource(forge: Forge, { change, headSha, baseSha }: ForgeSourceOptions): Source {
  return {
    async standing(signal) {
      const now = await forge.getChange(change, signal);
      return { open: now.open, headSha: now.headSha };
    },
    readFile: (side, path, signal) =>
      forge.readFile(change.repository, side === 'head' ? headSha : baseSha, path, signal),
    changedFiles: (signal) => forge.changedFiles(change.repository, baseSha, headSha, signal),
    fetchTree: (folder, signal) => forge.fetchTree(change.repository, headSha, folder, signal),
  };
}
