import type { ChildEnd } from './child.ts';
import type { NumberedLog, OutputRecorder } from './numbered-log.ts';
import type { Task } from './task.ts';
import type { WorkFolder } from './work-folder.ts';

/** The tools of the image; a test on the host names others. */
export interface Tools {
  node: string;
  k6: string;
  chromium: string;
  modules: string;
}

export interface SuiteContext {
  task: Task;
  /** 0 to `task.shards` - 1. */
  shard: number;
  work: WorkFolder;
  tools: Tools;
  log: NumberedLog;
  output: OutputRecorder;
  /** Aborted when nobody wants the suite any more. */
  cancelled: AbortSignal;
}

/** A suite that waits for `go`. */
export interface PreparedSuite {
  /** Ends early, before `go`, when the suite cannot run or its process dies. */
  ended: Promise<unknown>;
  /** From `go` to the last result written. Aborting `signal` interrupts it, and it still writes what it has. */
  run: (signal: AbortSignal) => Promise<ChildEnd>;
  /** Ends it before `go`. */
  abandon: () => Promise<void>;
}

/** The environment of a suite's process: nothing of the wrapper's own. DESIGN, "Suites receive". */
export function childEnvironment(context: SuiteContext): Record<string, string> {
  const { task } = context;
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/tmp',
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    CI: '1',
    ...task.env,
    BASE_URL: task.baseUrl,
    GREENROOM_RUN: task.run,
    GREENROOM_SEED: task.seed,
  };
}
