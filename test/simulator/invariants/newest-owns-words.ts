import type { Invariant } from './invariant.ts';

export const newestOwnsWords: Invariant = {
  name: 'newest-owns-words',
  promise: 'an older run of a change never speaks on a commit on which a newer one has concluded',
  checked: 'after every step',
  watch: ({ broken }) => {
    /** By change, commit and check: the newest generation that concluded. */
    const concluded = new Map<string, number>();
    return {
      on: (entry) => {
        if (entry.kind !== 'check-put' || entry.generation === null) return;
        const key = `${entry.changeId} ${entry.sha} ${entry.name}`;
        const newest = concluded.get(key) ?? 0;
        if (entry.generation < newest)
          broken(
            key,
            `generation ${entry.generation} said "${entry.conclusion ?? entry.status}" after ${newest} concluded`,
          );
        else if (entry.conclusion !== null) concluded.set(key, entry.generation);
      },
    };
  },
};
