import PQueue from 'p-queue';
import { formatProblem, type Problem } from '../errors.ts';
import type { NumberedLine } from '../kubernetes/follow-log.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { checkSuite } from './check-suites.ts';
import type { PlannedSuite, SuiteProgress } from './planned-suite.ts';
import { packSuite } from './suite-archive.ts';
import { cancelledFailure, failureOf, type SuiteFailure } from './suite-failure.ts';
import { SuitePod } from './suite-pod.ts';
import { suiteTask } from './suite-task.ts';

export interface PrepareSuitesInput {
  kubernetes: Kubernetes;
  /** The suites' namespace. */
  namespace: string;
  suites: PlannedSuite[];
  /** The change's tree, read as data. */
  repositoryDir: string;
  baseUrl: string;
  runId: string;
  seed: string;
  /** From now until every pod is warm; 5 minutes unless given. */
  warmTimeoutMs?: number;
  onProgress: (progress: SuiteProgress) => void;
  signal: AbortSignal;
}

export interface PreparedSuite {
  suite: PlannedSuite;
  /** Warm, or ended already: `collectSuites` tells which. */
  pods: SuitePod[];
  /** Why it will not run; it has its place in the results all the same. */
  failure: SuiteFailure | null;
}

/** Brings each suite's files into its pods and waits until they are warm. Needs no application yet. Never rejects. */
export async function prepareSuites(input: PrepareSuitesInput): Promise<PreparedSuite[]> {
  const queue = new PQueue({ concurrency: Math.max(1, input.suites.length) });
  return Promise.all(input.suites.map((suite) => queue.add(() => prepareSuite(suite, input))));
}

async function prepareSuite(suite: PlannedSuite, input: PrepareSuitesInput): Promise<PreparedSuite> {
  const { config } = suite;
  const pods = podsOf(suite, input);
  try {
    const checked = await checkSuite(suite, input.repositoryDir, input.signal);
    if ('problems' in checked) return brokenFiles(suite, checked.problems);
    const task = suiteTask(suite, { ...input, path: checked.path, checks: checked.checks });
    const archive = await packSuite(checked.files, task);
    const limit = AbortSignal.any([input.signal, AbortSignal.timeout(input.warmTimeoutMs ?? 300_000)]);
    await Promise.all(pods.map((one) => one.warmUp(archive, limit)));
    return { suite, pods, failure: null };
  } catch (error) {
    await Promise.all(pods.map((one) => one.letGo()));
    if (input.signal.aborted) return { suite, pods: [], failure: cancelledFailure(config.name) };
    return { suite, pods: [], failure: failureOf(error, `preparing suite "${config.name}"`) };
  }
}

/** Those of a suite, of which nothing is known yet. */
export function podsOf(
  { config, pod }: PlannedSuite,
  {
    kubernetes,
    namespace,
    onProgress,
    heardUntil = 0,
  }: Pick<PrepareSuitesInput, 'kubernetes' | 'namespace' | 'onProgress'> & { heardUntil?: number },
): SuitePod[] {
  return Array.from({ length: config.shards }, (_, shard) => {
    const follow = new ProgressOf(config.name, shard, onProgress, heardUntil);
    return new SuitePod({ kubernetes, namespace, job: pod.name, shard, onLine: (line) => follow.take(line) });
  });
}

export function brokenFiles(suite: PlannedSuite, problems: Problem[]): PreparedSuite {
  const { name, kind } = suite.config;
  const evidence = problems.map(formatProblem);
  const code = kind === 'load' ? 'LOAD_SCRIPT_BROKEN' : 'SUITE_FILES_BROKEN';
  const message = `suite "${name}" cannot run: ${evidence[0] ?? 'its files are broken'}`;
  return { suite, pods: [], failure: { status: 'errored', class: 'test', code, message, evidence } };
}

/** Turns a pod's log into progress. */
class ProgressOf {
  #progress: SuiteProgress;
  #tell: (progress: SuiteProgress) => void;
  #heardUntil: number;

  /** @param heardUntil people have seen the lines until then already */
  constructor(suite: string, shard: number, tell: (progress: SuiteProgress) => void, heardUntil: number) {
    this.#heardUntil = heardUntil;
    this.#progress = { suite, shard, state: 'starting', done: 0, total: 0, failed: 0 };
    this.#tell = tell;
  }

  take(line: NumberedLine): void {
    const { line: _, ...before } = this.#progress;
    this.#progress = { ...before, ...changeOf(line) };
    const { line: words, ...state } = this.#progress;
    const isNews = words !== undefined && line.t > this.#heardUntil;
    if (line.kind !== 'output') this.#tell(isNews ? this.#progress : state);
  }
}

function changeOf(line: NumberedLine): Partial<SuiteProgress> {
  const count = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
  switch (line.kind) {
    case 'warm':
      return { state: 'warm' };
    case 'started':
      return { state: 'running' };
    case 'finished':
      return { state: 'finished' };
    case 'progress':
      return { done: count(line.done), total: count(line.total), failed: count(line.failed) };
    case 'test':
      return { line: `${String(line.status).slice(0, 20)} ${String(line.name).slice(0, 200)}` };
    case 'notice':
      return { line: String(line.text).slice(0, 300) };
    default:
      return {};
  }
}
