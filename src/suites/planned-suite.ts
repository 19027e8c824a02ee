import type { SuitePodSpec } from '../../infra/environment-spec.ts';
import type { SuiteConfig } from '../config/repository-config.ts';
import type { SuitePackages } from './suite-packages.ts';

/** A suite of this run: what the repository asked for and the pods that will do it. */
export interface PlannedSuite {
  config: SuiteConfig;
  /** The change edits this suite's files. */
  modified: boolean;
  packages: SuitePackages;
  pod: SuitePodSpec;
  /** From `go` to the end. */
  timeoutMs: number;
}

/** What a suite is doing, for people who watch. */
export interface SuiteProgress {
  suite: string;
  shard: number;
  state: 'starting' | 'warm' | 'running' | 'finished';
  /** Tests or requests done; `total` is 0 where it is not known. */
  done: number;
  total: number;
  failed: number;
  /** The latest thing worth a line: a test's end, a notice. */
  line?: string;
}
