import { readFileSync, statSync } from 'node:fs';

/** Of one result file, over all shards of its suite: as data it takes some ten times as much memory of ours. */
const maximumBytes = 64 * 1024 * 1024;

/**
 * The text of a result file that a suite has left, or null where there is none.
 * @throws RangeError for one that is too large: not read is not the same as not written
 */
export function readOutputFile(path: string, shards: number): string | null {
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: null };
  if (size === null) return null;
  const most = maximumBytes / shards;
  if (size > most) throw new RangeError(`a result file has ${size} bytes; at most ${Math.floor(most)} are read`);
  return readFileSync(path, 'utf8');
}
