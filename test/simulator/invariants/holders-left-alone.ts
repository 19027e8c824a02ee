import type { Invariant } from './invariant.ts';
import { replicaOf } from './known.ts';

interface Hold {
  holder: string;
  /** Of the run, or the attempt: a claim makes it grow. */
  fence: number;
  sinceMs: number;
}

export const holdersLeftAlone: Invariant = {
  name: 'holders-left-alone',
  promise: 'nobody takes over a run or a teardown from a replica that is well',
  checked: 'after every step',
  watch: ({ known, broken }) => {
    const holds = new Map<string, Hold>();
    const note = (
      what: string,
      runId: string,
      { holder, fence, atMs }: { holder: string | null; fence: number; atMs: number },
    ) => {
      const key = `${what} ${runId}`;
      const before = holds.get(key);
      if (before !== undefined && holder === before.holder && fence === before.fence) return;
      if (holder === null) holds.delete(key);
      else holds.set(key, { holder, fence, sinceMs: atMs });
      if (before === undefined || holder === null) return;
      if (known.wasWell(replicaOf(before.holder), before.sinceMs, atMs))
        broken(
          runId,
          `${holder} took over its ${what} from ${before.holder}, which had it since ${before.sinceMs} ms and was well`,
        );
    };
    return {
      on: (entry) => {
        const { atMs } = entry;
        if (entry.kind === 'run-row') {
          const holder = entry.phase === 'done' ? null : entry.leaseOwner;
          note('run', entry.runId, { holder, fence: entry.fence, atMs });
        }
        if (entry.kind === 'teardown-held')
          note('teardown', entry.runId, { holder: entry.holder, fence: entry.attempt, atMs });
      },
    };
  },
};
