/** Injected beside the repository's tests: tells the wrapper, over the IPC channel, what happens while it happens. */
import type {
  FullConfig,
  FullResult,
  Reporter,
  Suite,
  TestCase,
  TestError,
  TestResult,
} from '@playwright/test/reporter';
import { tell } from './channel.ts';

export default class StreamReporter implements Reporter {
  #done = 0;
  #total = 0;
  #failed = 0;

  onBegin(_config: FullConfig, suite: Suite): void {
    this.#total = suite.allTests().length;
    this.#progress();
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    const last = result.status === test.expectedStatus || result.retry >= test.retries || result.status === 'skipped';
    if (last) this.#done += 1;
    if (last && test.outcome() === 'unexpected') this.#failed += 1;
    tell({
      kind: 'test',
      name: test.titlePath().filter(Boolean).join(' › ').slice(0, 300),
      status: result.status,
      durationMs: Math.round(result.duration),
      retry: result.retry,
      ...(result.error?.message ? { message: result.error.message.slice(0, 500) } : {}),
    });
    this.#progress();
  }

  onError(error: TestError): void {
    tell({ kind: 'notice', text: (error.message ?? error.value ?? 'error').slice(0, 2000) });
  }

  onStdOut(chunk: string | Buffer): void {
    tell({ kind: 'output', stream: 'stdout', text: String(chunk).slice(0, 100_000) });
  }

  onStdErr(chunk: string | Buffer): void {
    tell({ kind: 'output', stream: 'stderr', text: String(chunk).slice(0, 100_000) });
  }

  onEnd(_result: FullResult): void {
    this.#progress();
  }

  printsToStdio(): boolean {
    return false;
  }

  #progress(): void {
    tell({ kind: 'progress', done: this.#done, total: this.#total, failed: this.#failed });
  }
}
