import { rm } from 'node:fs/promises';
import type { SourcedObject } from '../environment/sources/sourced-object.ts';
import type { SuiteResult } from '../suites/suite-result.ts';
import type { Failure } from '../verdict/verdict-document.ts';
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

/** The suites of one run in their pods. None of it rejects: what cannot be told is a result with its failure. */
export interface SuitesAtHand {
  /** Resolves when each waits for `go`, or will not run. */
  warm(): Promise<void>;
  /** One `go` for all of them. */
  go(): Promise<void>;
  /** Waits for their ends; `onResult` is told of each when it is there, and again when more is known of it. */
  collect(onResult: (suite: SuiteResult) => void): Promise<SuiteResult[]>;
  /** Nobody waits for them any more. */
  abandon(): void;
}

/** On the stage's cluster. */
export const realActs: Acts = { readApplication, resolveImages: resolveRunImages, provision, clearFolders };

async function clearFolders(stage: Stage, runId: string): Promise<void> {
  const { tree, outputs } = foldersOf(stage, runId);
  for (const folder of [tree, outputs]) await rm(folder, { recursive: true, force: true });
}
