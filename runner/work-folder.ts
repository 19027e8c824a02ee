import { existsSync, mkdirSync, renameSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where both containers of the pod meet (README, "/work"). */
export interface WorkFolder {
  root: string;
  inputs: string;
  outputs: string;
  /** The wrapper's own scratch files, not fetched. */
  scratch: string;
}

export type Mark = 'task.json' | 'go' | 'cancel' | 'release' | 'scratch/held';

export function openWorkFolder(root: string): WorkFolder {
  const work = { root, inputs: join(root, 'in'), outputs: join(root, 'out'), scratch: join(root, 'scratch') };
  for (const folder of [work.inputs, work.outputs, work.scratch]) mkdirSync(folder, { recursive: true });
  return work;
}

/** Appears whole or not at all: a watcher never reads half a file. */
export function writeWhole(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}

/** Resolves when the mark is there. inotify tells at once; the poll is for file systems that tell nothing. */
export function untilMarked(root: string, mark: Mark, signal: AbortSignal): Promise<void> {
  const path = join(root, mark);
  return new Promise((resolve, reject) => {
    const watcher = watch(dirname(path), look);
    const poll = setInterval(look, 200);
    signal.addEventListener('abort', stop, { once: true });
    look();
    if (signal.aborted) stop();

    function look(): void {
      if (!existsSync(path)) return;
      letGo();
      resolve();
    }
    function stop(): void {
      letGo();
      reject(signal.reason);
    }
    function letGo(): void {
      clearInterval(poll);
      watcher.close();
      signal.removeEventListener('abort', stop);
    }
  });
}
