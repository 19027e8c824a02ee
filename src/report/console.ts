import type { Run } from '../run/run.ts';
import type { VerdictDocument } from '../verdict/verdict-document.ts';
import { type ConsoleStyle, liveLines, newsLines, verdictLines } from './console-lines.ts';
import type { Reporter } from './reporter.ts';

export interface ConsoleOptions {
  /** Where the lines go: standard error when standard output carries the verdict document. */
  stream: { write(text: string): unknown; isTTY?: boolean; columns?: number };
  now: () => Date;
  color?: boolean;
  /** Where the report is read after the run, or null. */
  reportUrl?: (run: Run) => string | null;
}

const redrawEveryMs = 500;

/**
 * The run for a human at a terminal: redrawn in place on a TTY (its clock runs on until `close`), plain lines otherwise.
 * Each run's verdict is said once, when it is done.
 */
export class ConsoleReporter implements Reporter {
  readonly name = 'console';
  readonly #options: ConsoleOptions;
  readonly #said = new Set<string>();
  #drawn = 0;
  #last: VerdictDocument | null = null;
  #clock: NodeJS.Timeout | undefined;

  constructor(options: ConsoleOptions) {
    this.#options = options;
  }

  async report(run: Run): Promise<void> {
    const { document } = run;
    if (this.#said.has(run.id)) return;
    const previous = this.#last?.run.id === run.id ? this.#last : null;
    this.#last = document;
    if (this.#options.stream.isTTY) this.#redraw(document);
    else this.#write(newsLines(previous, document));
    if (document.phase !== 'done') return;
    this.#said.add(run.id);
    this.close();
    this.#write(['', ...verdictLines(document, this.#options.reportUrl?.(run) ?? null, this.#style())]);
  }

  /** Stops the clock; what was drawn stays. */
  close(): void {
    clearInterval(this.#clock);
    this.#clock = undefined;
    this.#drawn = 0;
    this.#last = null;
  }

  #redraw(document: VerdictDocument): void {
    const lines = liveLines(document, this.#options.now().getTime(), this.#style());
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    this.#options.stream.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[0J`);
    this.#drawn = lines.length;
    if (this.#clock === undefined) {
      this.#clock = setInterval(() => this.#last && this.#redraw(this.#last), redrawEveryMs);
      this.#clock.unref();
    }
  }

  #write(lines: string[]): void {
    if (lines.length > 0) this.#options.stream.write(`${lines.join('\n')}\n`);
  }

  #style(): ConsoleStyle {
    const { stream, color } = this.#options;
    return { columns: stream.columns ?? 100, color: color ?? stream.isTTY === true };
  }
}
