import PQueue from 'p-queue';
import type { PreparedSuite } from './prepare-suites.ts';
import { failureOf, type SuiteFailure } from './suite-failure.ts';

export interface ReleasedSuite extends PreparedSuite {
  /** ISO instant of `go`, by our clock. */
  releasedAt: string;
  /** Suites that ran at the same time although one of the two disturbs the other. */
  overlapped: string[];
}

/** One `go` for all of them at the same time. Never rejects: a pod that cannot be told has its failure. */
export async function releaseSuites(prepared: PreparedSuite[], now: () => Date): Promise<ReleasedSuite[]> {
  const pods = prepared.flatMap((one) => one.pods);
  const queue = new PQueue({ concurrency: Math.max(1, pods.length) });
  const releasedAt = now().toISOString();
  const failures = new Map<unknown, SuiteFailure>();
  await Promise.all(
    pods.map((pod) =>
      queue.add(() => pod.release().catch((error) => failures.set(pod, failureOf(error, 'releasing a suite')))),
    ),
  );
  return prepared.map((one) => {
    const failure =
      one.failure ?? one.pods.map((pod) => failures.get(pod)).find((found) => found !== undefined) ?? null;
    return { ...one, failure, releasedAt, overlapped: overlapsOf(one, prepared) };
  });
}

/** PURE. A suite that disturbs others, and those that it disturbs, say so in their results. */
export function overlapsOf(one: PreparedSuite, all: PreparedSuite[]): string[] {
  const disturbs = (other: PreparedSuite) => other.suite.config.disturbs.length > 0;
  return all
    .filter((other) => other !== one && other.pods.length > 0 && (disturbs(one) || disturbs(other)))
    .map((other) => other.suite.config.name);
}

/** PURE. The order in which suites are released: all at once, or those that disturb one after the other at the end. */
export function groupsOf<T extends { suite: { config: { disturbs: string[] } } }>(
  suites: T[],
  disturbance: 'recorded' | 'kept-apart',
): T[][] {
  if (disturbance === 'recorded') return [suites];
  const calm = suites.filter((one) => one.suite.config.disturbs.length === 0);
  const loud = suites.filter((one) => one.suite.config.disturbs.length > 0).map((one) => [one]);
  return [calm, ...loud].filter((group) => group.length > 0);
}
