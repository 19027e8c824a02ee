/** What one suite pod is asked to do: `task.json`, written by Greenroom, which has checked all of it. */
export interface Task {
  suite: string;
  kind: 'smoke' | 'e2e' | 'load';
  /** File or folder inside `in/`, as in `greenroom.yaml`. */
  path: string;
  baseUrl: string;
  run: string;
  seed: string;
  /** The suite's own variables. */
  env: Record<string, string>;
  retries: number;
  /** From `go` to the end; then the suite is interrupted and reported with what it had. */
  timeoutMs: number;
  shards: number;
  /** Playwright's workers where the repository's configuration names none. */
  workers: number;
  /** The smoke list, read and checked. */
  checks: SmokeCheck[];
  /** npm packages of a Playwright project: `npm ci` in this folder of `in/`, by way of this proxy. */
  install: { folder: string; proxy: string } | null;
  /** The version of Playwright that the project asks for, where it can be told. */
  playwright: string | null;
}

/** One request of a smoke list and what its answer must be. */
export interface SmokeCheck {
  name: string;
  line: number | null;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | null;
  timeoutMs: number;
  expect: {
    /** Any of these; empty: any below 400. */
    status: number[];
    /** Each must be contained in the header's value, without regard to case. */
    headers: Record<string, string>;
    /** Must be part of the answer's JSON: objects may have more keys, lists must be equal in length. */
    json?: unknown;
    contains: string[];
    /** Latency budget, request to last byte. */
    withinMs: number | null;
  };
}

/** How a suite ended, as the wrapper saw it: `finished.json`, and the last line of the log. */
export interface Finished {
  /** `broken`: it could not be started at all; `problem` says why. */
  outcome: 'completed' | 'timed-out' | 'cancelled' | 'broken';
  exitCode: number | null;
  signal: string | null;
  startedAt: number | null;
  finishedAt: number;
  problem: { code: string; message: string; hint: string } | null;
  /** The last lines that the child printed, at most 4 KiB. */
  outputTail: string;
  /** The kernel killed something in this container for memory. */
  outOfMemory: boolean;
}

/** A suite that cannot start, with a code that Greenroom explains. */
export class BrokenSuite extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
