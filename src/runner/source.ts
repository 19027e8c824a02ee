import type { ChangeRef, QueueRef } from '../event/event.ts';
import type { Forge } from '../forge/forge.ts';
import type { Run } from '../run/run.ts';
import type { ChangeFacts } from './read-plan.ts';
import { findEntry } from './subject.ts';

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

/** A run's source, and what is known of its change. */
export interface Opened {
  source: Source;
  /** Null for a working tree, and for an entry that has left its queue. */
  change: Omit<ChangeFacts, 'approved'> | null;
  /** The change that an entry of the merge queue adds to its base. */
  adds?: number;
}

export interface ForgeSourceOptions {
  /** What the commit is the head of. */
  change: ChangeRef | QueueRef;
  headSha: string;
  baseSha: string;
}

export function forgeSource(forge: Forge, { change, headSha, baseSha }: ForgeSourceOptions): Source {
  return {
    async standing(signal) {
      if ('ref' in change) {
        const entry = await findEntry(forge, change, signal);
        return { open: entry !== null, headSha: entry?.headSha ?? headSha };
      }
      const now = await forge.getChange(change, signal);
      return { open: now.open, headSha: now.headSha };
    },
    readFile: (side, path, signal) =>
      forge.readFile(change.repository, side === 'head' ? headSha : baseSha, path, signal),
    changedFiles: (signal) => forge.changedFiles(change.repository, baseSha, headSha, signal),
    fetchTree: (folder, signal) => forge.fetchTree(change.repository, headSha, folder, signal),
  };
}

/** What a forge has of a run's change, or of its entry of the merge queue; null for a working tree. */
export async function openAtForge(forge: Forge, run: Run, signal: AbortSignal): Promise<Opened | null> {
  const { repository, change: number, queueRef, headSha } = run;
  if (queueRef !== null) {
    const ref = { repository, ref: queueRef };
    const entry = await findEntry(forge, ref, signal);
    const baseSha = run.baseSha ?? entry?.baseSha ?? headSha;
    const facts = entry && { baseRef: entry.baseRef, draft: false };
    const source = forgeSource(forge, { change: ref, headSha, baseSha });
    return { source, change: facts, ...(entry && { adds: entry.change }) };
  }
  if (number === null) return null;
  const change = await forge.getChange({ repository, number }, signal);
  const source = forgeSource(forge, { change, headSha, baseSha: run.baseSha ?? change.baseSha });
  return { source, change: { baseRef: change.baseRef, draft: change.draft } };
}
