import { setTimeout as delay } from 'node:timers/promises';
import { checkSuite } from './check-suites.ts';
import { brokenFiles, type PreparedSuite, type PrepareSuitesInput, podsOf } from './prepare-suites.ts';
import { overlapsOf, type ReleasedSuite } from './release-suites.ts';
import type { Standing } from './suite-pod.ts';

export interface AdoptSuitesInput
  extends Pick<PrepareSuitesInput, 'kubernetes' | 'namespace' | 'suites' | 'repositoryDir' | 'onProgress' | 'signal'> {
  /** Names of those of which the result is kept already: their pods may be gone. */
  kept: ReadonlySet<string>;
  /** Epoch milliseconds: lines of progress until then have been seen. */
  heardUntil: number;
}

/** Suites that somebody else has prepared, and perhaps released. */
export type AdoptedSuites =
  | { begun: false; prepared: PreparedSuite[] }
  /** Without those of which the result is kept. */
  | { begun: true; released: ReleasedSuite[]; startedAt: Date };

/** One `go` reaches all pods within this time, or it never will. */
const settleMs = 3_000;
const lookMs = 250;

/**
 * Finds the pods of suites that outlived whoever prepared them, and follows them again. One that ran while another still waits
 * has met an application that is used by now, so they come all or not at all.
 * @returns null when they cannot be gone on with
 * @throws RunError when the cluster cannot be asked
 */
export async function adoptSuites(input: AdoptSuitesInput): Promise<AdoptedSuites | null> {
  const known = input.suites.map((suite): PreparedSuite => ({ suite, pods: podsOf(suite, input), failure: null }));
  try {
    const found = await Promise.all(known.map((one) => findSuite(one, input)));
    const prepared = found.filter((one) => one !== null);
    const howFar = prepared.length < found.length ? null : await settled(prepared, input);
    if (howFar === 'waiting') return { begun: false, prepared };
    if (howFar === 'begun') return { begun: true, ...begunOf(prepared, input) };
  } catch (error) {
    leaveAll(known);
    throw error;
  }
  leaveAll(known);
  return null;
}

function leaveAll(suites: PreparedSuite[]): void {
  for (const pod of suites.flatMap(({ pods }) => pods)) pod.leave();
}

async function findSuite(one: PreparedSuite, input: AdoptSuitesInput): Promise<PreparedSuite | null> {
  const { kept, repositoryDir, signal } = input;
  const { suite, pods } = one;
  if (kept.has(suite.config.name)) return one;
  const there = await Promise.all(pods.map((pod) => pod.adopt(signal)));
  if (!there.includes(false) && !pods.some((pod) => pod.standing === 'unready')) return one;
  // Of a suite with broken files the pods get nothing to do.
  const checked = await checkSuite(suite, repositoryDir, signal);
  if (!('problems' in checked)) return null;
  for (const pod of pods) pod.leave();
  return brokenFiles(suite, checked.problems);
}

/** A `go` that was under way when its giver ended may still be arriving. */
async function settled(prepared: PreparedSuite[], input: AdoptSuitesInput): Promise<'waiting' | 'begun' | null> {
  const look = () =>
    howFarOf(
      prepared.flatMap(({ suite, pods }) =>
        input.kept.has(suite.config.name) ? (['begun'] as const) : pods.map((pod) => pod.standing),
      ),
    );
  for (let waited = 0; waited < settleMs && look() === null; waited += lookMs) {
    await delay(lookMs, undefined, { signal: input.signal });
  }
  return look();
}

/** PURE. Whether all of them wait, or have begun; those that ended without `go` wait for nothing. */
export function howFarOf(standings: readonly Standing[]): 'waiting' | 'begun' | null {
  if (standings.includes('unready')) return null;
  if (!standings.includes('begun')) return 'waiting';
  return standings.includes('warm') ? null : 'begun';
}

function begunOf(
  prepared: PreparedSuite[],
  { kept }: AdoptSuitesInput,
): { released: ReleasedSuite[]; startedAt: Date } {
  const startOf = (ones: PreparedSuite[]) =>
    Math.min(...ones.flatMap(({ pods }) => pods.flatMap((pod) => pod.startedAt ?? [])), Date.now());
  const first = startOf(prepared);
  const released = prepared
    .filter(({ suite }) => !kept.has(suite.config.name))
    .map((one) => {
      // Its own deadline counts from its real start.
      const startedAt = startOf([one]);
      return { ...one, releasedAt: new Date(startedAt).toISOString(), overlapped: overlapsOf(one, prepared) };
    });
  return { released, startedAt: new Date(first) };
}
