import { closeSync, copyFileSync, mkdirSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { PartName } from '../embedded-cluster.ts';

const largestLog = 20 * 1024 * 1024;

export const partLog = (folder: string, part: PartName): string => join(folder, 'log', `${part}.log`);

/** Opens a part's log for its child to append to. What an earlier start wrote moves to `.previous`. */
export function startLogs(folder: string, parts: PartName[]): void {
  mkdirSync(join(folder, 'log'), { recursive: true, mode: 0o755 });
  for (const path of parts.map((part) => partLog(folder, part))) {
    if (statSync(path, { throwIfNoEntry: false })) renameSync(path, `${path}.previous`);
  }
}

export function openLog(folder: string, part: PartName): number {
  return openSync(partLog(folder, part), 'a', 0o644);
}

/** The child keeps its open file, so a long log is copied and emptied; each part keeps twice the limit at most. */
export function boundLogs(folder: string, parts: PartName[], limitBytes: number = largestLog): void {
  for (const path of parts.map((part) => partLog(folder, part))) {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= limitBytes) continue;
    copyFileSync(path, `${path}.previous`);
    truncateSync(path);
  }
}

/** The last lines of a file, at most 16 KiB; none when it is not there. */
export function lastLines(path: string, count: number): string[] {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (!size) return [];
  const length = Math.min(size, 16 * 1024);
  const content = Buffer.alloc(length);
  const file = openSync(path, 'r');
  try {
    const read = readSync(file, content, 0, length, size - length);
    return content
      .toString('utf8', 0, read)
      .trimEnd()
      .split('\n')
      .slice(-count)
      .map((line) => line.slice(0, 500));
  } finally {
    closeSync(file);
  }
}
