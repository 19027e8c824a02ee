import { rm } from 'node:fs/promises';
import type { SourcedObject } from '../environment/sources/sourced-object.ts';
import type { SuiteResult } from '../suites/suite-result.ts';
import type { Failure } from '../verdict/verdict-document.ts';
import { adoptEnvironment } from './adopt-environment.ts';
import { type RunImages, resolveRunImages } from './image-phase.ts';
import type { Performance } from './performance.ts';
import { provision } from './provisioning-phase.ts';
import { readApplication } from './read-application.ts';
import type { Plan } from './read-plan.ts';
import { foldersOf, type Stage } from './stage.ts';

/**
 * What a run does outside of its rows and its forge. When each of it is done, and whether it still is to be done, is
 * `performRun`'s to say; so these begin no phase and look at no change (PORT: the cluster's, and the simulator's).
 */
export interface Acts {
  /** The application's objects as the change has them. @throws RunError APPLICATION_INVALID, or could not be asked */
  readApplication(performance: Performance, plan: Plan): Promise<SourcedObject[]>;
  /** Every image by digest. @throws RunError those of `resolveImages`, `buildImages` */
  resolveImages(
    performance: Performance,
    plan: Plan,
    rendered: SourcedObject[],
  ): Promise<RunImages | { failure: Failure }>;
  /** What is not ready in time is the run's failure. @throws RunError for "could not find out" */
  provision(performance: Performance, plan: Plan, images: RunImages): Promise<Provisioned | { failure: Failure }>;
  /**
   * The environment and the suites that another player of this run has left in phase `testing`; null when not all of it is
   * there any more. @throws RunError when it could not be asked
   */
  adopt(performance: Performance, plan: Plan): Promise<Provisioned | null>;
  /** Its files on this machine go. */
  clearFolders(stage: Stage, runId: string): Promise<void>;
}

/** An environment that answers, and its suites. */
export interface Provisioned {
  /** The application's namespace. */
  namespace: string;
  url: string;
  suites: SuitesAtHand;
}

/** The suites of one run in their pods. What cannot be told is a result with its failure; what `onResult` throws is thrown alone. */
export interface SuitesAtHand {
  /** Resolves when each waits for `go`, or will not run. */
  warm(): Promise<void>;
  /** One `go` for all of them; adopted ones that have had it get none. */
  go(): Promise<void>;
  /**
   * Waits for their ends; `onResult` is told of each when it is there. It resolves when the result is saved: only then is
   * its pod let go, so that whoever takes the run over finds the one or the other. Ended by a signal that nobody's wish has
   * aborted (the lease, a drain) it leaves those that still run to the next player.
   */
  collect(onResult: (suite: SuiteResult) => Promise<void>): Promise<SuiteResult[]>;
  /** Nobody waits for them any more. */
  abandon(): void;
}

/** On the stage's cluster. */
export const realActs: Acts = {
  readApplication,
  resolveImages: resolveRunImages,
  provision,
  adopt: adoptEnvironment,
  clearFolders,
};

async function clearFolders(stage: Stage, runId: string): Promise<void> {
  await rm(foldersOf(stage, runId).work, { recursive: true, force: true });
}
