import type { Run } from '../run/run.ts';

/** Who watches runs in this process: the console, the control socket, the demo. */
export class Updates {
  readonly #watchers = new Set<(run: Run) => void>();
  readonly #lineWatchers = new Set<(runId: string, source: string, line: string) => void>();

  readonly publish = (run: Run): void => {
    for (const watch of [...this.#watchers]) watch(run);
  };

  readonly line = (runId: string, source: string, line: string): void => {
    for (const watch of [...this.#lineWatchers]) watch(runId, source, line);
  };

  /** @returns a function that ends the watch */
  watch(watcher: (run: Run) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  watchLines(watcher: (runId: string, source: string, line: string) => void): () => void {
    this.#lineWatchers.add(watcher);
    return () => this.#lineWatchers.delete(watcher);
  }

  /** Resolves with the first run, as it then stands, that fits. @throws the signal's reason */
  until(fits: (run: Run) => boolean, signal?: AbortSignal): Promise<Run> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        end();
        reject(signal?.reason);
      };
      const end = this.watch((run) => {
        if (!fits(run)) return;
        end();
        signal?.removeEventListener('abort', onAbort);
        resolve(run);
      });
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
