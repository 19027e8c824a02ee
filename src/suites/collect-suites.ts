import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import PQueue from 'p-queue';
import { artifactOf } from './artifacts.ts';
import { assembleResult, type ShardOutcome } from './assemble-result.ts';
import { readOutputFile } from './read-output-file.ts';
import { boundTexts, redactResult } from './redact-result.ts';
import type { ReleasedSuite } from './release-suites.ts';
import { cancelledFailure, failureOf, type SuiteFailure } from './suite-failure.ts';
import type { PodEnd, SuitePod } from './suite-pod.ts';
import type { Artifact, SuiteResult } from './suite-result.ts';
import { Finished } from './suite-task.ts';

export interface CollectSuitesInput {
  released: ReleasedSuite[];
  runId: string;
  /** Files go to `<artifactsDir>/<suite>/`. */
  artifactsDir: string;
  /** Aborted: suites under way are told to end, and are `cancelled` with what they had. */
  signal: AbortSignal;
  /** Aborted: nobody waits here any more, and suites under way go on for whoever adopts them. */
  leave?: AbortSignal;
  /** Awaited before a suite is told to end; rejects when that is for somebody else to say. */
  mayBegin?: () => Promise<void>;
  now: () => Date;
  /** Takes secrets out of results and their plain-text files; absent: there are none. */
  redact?: (text: string) => string;
  /**
   * Brings each suite's result and files to where they last, before the slowest one ends. Only then is its pod let go: who adopts
   * the suite finds it there, or its result. @returns the result as it is kept
   */
  keep?: (result: SuiteResult) => Promise<SuiteResult>;
}

/** The wrapper ends a suite by itself and then has 20 s for its reports; this comes on top. */
const slackMs = 60_000;
/** After a cancellation, which is heard within a second, suites have ended within 10 s. Long enough for SIGINT and the reports of most. */
const cancelMs = 8_000;

/**
 * Waits for each suite's end, fetches its files and reads its results, in the order of the suites; those that were left are
 * not among them. @throws what `keep` throws, alone
 */
export async function collectSuites(input: CollectSuitesInput): Promise<SuiteResult[]> {
  const queue = new PQueue({ concurrency: Math.max(1, input.released.length) });
  const results = await Promise.all(input.released.map((suite) => queue.add(() => collectSuite(suite, input))));
  return results.filter((result) => result !== null);
}

async function collectSuite(released: ReleasedSuite, input: CollectSuitesInput): Promise<SuiteResult | null> {
  const { pods } = released;
  try {
    const result = await resultOf(released, input);
    if (input.leave?.aborted) return null;
    const kept = (await input.keep?.(result)) ?? result;
    await Promise.all(pods.map((pod) => pod.letGo()));
    return kept;
  } finally {
    for (const pod of pods) pod.leave();
  }
}

async function resultOf(released: ReleasedSuite, input: CollectSuitesInput): Promise<SuiteResult> {
  const { suite, pods, overlapped } = released;
  const artifacts: Artifact[] = [];
  const shards = await Promise.all(
    pods.map((pod) =>
      collectShard(pod, released, input, artifacts).catch(
        (error): ShardOutcome => ({
          finished: null,
          failure: failureOf(error, 'collecting results'),
          readOutput: () => null,
        }),
      ),
    ),
  );
  const starts = shards.flatMap((shard) => shard.finished?.startedAt ?? []);
  const ends = shards.flatMap((shard) => shard.finished?.finishedAt ?? []);
  const begun = starts.length > 0 ? Math.min(...starts) : null;
  const result = assembleResult({
    suite,
    failure: released.failure,
    shards,
    artifacts: artifacts.toSorted((a, b) => a.name.localeCompare(b.name)),
    startedAt: begun === null ? null : new Date(begun).toISOString(),
    durationMs: begun === null ? null : Math.max(...ends) - begun,
    overlapped,
  });
  const folder = join(input.artifactsDir, suite.config.name);
  return boundTexts(input.redact ? await redactResult(result, folder, input.redact) : result);
}

async function collectShard(
  pod: SuitePod,
  released: ReleasedSuite,
  input: CollectSuitesInput,
  artifacts: Artifact[],
): Promise<ShardOutcome> {
  const { config } = released.suite;
  const end = await untilEnded(pod, released, input);
  const prefix = config.shards > 1 ? `shard-${pod.shard + 1}/` : '';
  const folder = join(input.artifactsDir, config.name, prefix);
  await mkdir(folder, { recursive: true });
  let failure = end.failure;
  try {
    for (const file of await pod.fetch(folder, input.leave)) {
      artifacts.push(artifactOf({ ...file, name: `${prefix}${file.name}` }, input.runId, config.name));
    }
  } catch (error) {
    // What already went wrong explains why there are no files.
    failure ??= (await pod.explain()) ?? failureOf(error, `fetching the files of suite "${config.name}"`);
  }
  const readOutput = (name: string) => readOutputFile(join(folder, name), config.shards);
  // The last word may be in the files although its line was lost with the log.
  const finished = end.finished ?? parseFinished(readOutput('finished.json'));
  return { finished, failure: finished && !end.finished ? null : failure, readOutput };
}

/** The suite's own end, or ours for it: its time and then some is over, or nobody wants it any more. */
async function untilEnded(
  pod: SuitePod,
  { suite, releasedAt }: ReleasedSuite,
  input: CollectSuitesInput,
): Promise<PodEnd> {
  const { signal, leave, now, mayBegin } = input;
  const { name } = suite.config;
  const leftMs = Date.parse(releasedAt) + suite.timeoutMs + slackMs - now().getTime();
  const deadline = AbortSignal.timeout(Math.max(0, leftMs));
  const natural = await endedBefore(pod, AbortSignal.any([deadline, signal, ...(leave ? [leave] : [])]));
  // Nobody here cancelled it: the cluster took the pod away, and the wrapper made the best of its SIGTERM.
  if (natural?.finished?.outcome === 'cancelled' && !signal.aborted)
    return { ...natural, failure: (await pod.explain()) ?? takenAway(name) };
  if (natural) return natural;
  if (leave?.aborted) return { finished: null, failure: cancelledFailure(name) };
  await mayBegin?.();
  await pod.cancel().catch(() => undefined);
  const late = await endedBefore(pod, AbortSignal.timeout(cancelMs));
  return { finished: late?.finished ?? null, failure: signal.aborted ? cancelledFailure(name) : unresponsive(name) };
}

async function endedBefore(pod: SuitePod, signal: AbortSignal): Promise<PodEnd | null> {
  const waiting = new AbortController();
  const limit = AbortSignal.any([signal, waiting.signal]);
  // A timer that the signal cuts short: at most 24 days, more than any deadline.
  const never = delay(2 ** 31 - 1, null, { signal: limit }).catch(() => null);
  try {
    return await Promise.race([pod.ended, never]);
  } finally {
    waiting.abort();
  }
}

function parseFinished(content: string | null): Finished | null {
  try {
    return Finished.parse(JSON.parse(content ?? ''));
  } catch {
    return null;
  }
}

function takenAway(name: string): SuiteFailure {
  const message = `the pod of suite "${name}" was told to end before the suite was done`;
  return { status: 'errored', class: 'infrastructure', code: 'SUITE_POD_DELETED', message, evidence: [] };
}

function unresponsive(name: string): SuiteFailure {
  const message = `suite "${name}" neither ended in its time nor when told to`;
  return { status: 'errored', class: 'infrastructure', code: 'SUITE_UNRESPONSIVE', message, evidence: [] };
}
