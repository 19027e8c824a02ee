import type { Log } from '../log.ts';
import { appendLog, type LogLine } from '../store/run-log.ts';
import type { Store } from '../store/store.ts';

const everyMs = 500;
const maxWaiting = 5_000;

/** Gathers lines of runs' logs and writes them in batches: a burst costs one statement, and never a run's time. */
export class LineWriter {
  readonly #store: Store;
  readonly #log: Log;
  readonly #waiting = new Map<string, LogLine[]>();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  write(runId: string, line: LogLine): void {
    const lines = this.#waiting.get(runId) ?? [];
    lines.push(line);
    if (lines.length > maxWaiting) lines.shift();
    this.#waiting.set(runId, lines);
    this.#timer ??= setTimeout(() => this.#flush(), everyMs);
  }

  async close(): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const batches = [...this.#waiting];
    this.#waiting.clear();
    for (const [runId, lines] of batches) {
      this.#writing = this.#writing
        .then(() => this.#store.transaction((tx) => appendLog(tx, runId, lines)))
        .catch((err: unknown) => this.#log.warn({ run: runId, err }, 'writing the log of a run'));
    }
  }
}
