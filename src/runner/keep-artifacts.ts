import { join } from 'node:path';
import PQueue from 'p-queue';
import { explain } from '../errors.ts';
import type { Artifact, SuiteResult } from '../suites/suite-result.ts';
import { foldersOf, type Stage } from './stage.ts';

const atOnce = 8;
/** A place that does not answer must not hold up a verdict for longer. */
const keepWithinMs = 45_000;
/** So many failures, each after tries of its own, and the rest is left. */
const patience = 3;

/**
 * Brings a suite's files to where runs are kept, those of a cancelled run too. What could not be kept is marked in the
 * result, and turns no verdict. Never rejects.
 */
export async function keepArtifacts(
  stage: Pick<Stage, 'artifacts' | 'dataDir' | 'onLine'>,
  runId: string,
  suite: SuiteResult,
): Promise<SuiteResult> {
  const folder = join(foldersOf(stage, runId).outputs, suite.name);
  const enough = new AbortController();
  const within = AbortSignal.any([AbortSignal.timeout(keepWithinMs), enough.signal]);
  const failures: string[] = [];
  const keep = async (artifact: Artifact): Promise<Artifact> => {
    const { name, mediaType, bytes, sha256 } = artifact;
    try {
      within.throwIfAborted();
      const file = join(folder, name);
      await stage.artifacts.put({ runId, path: `${suite.name}/${name}`, file, mediaType, bytes, sha256 }, within);
      return artifact;
    } catch (error) {
      failures.push(explain(error));
      if (failures.length >= patience) enough.abort();
      return { ...artifact, notStored: true };
    }
  };
  const queue = new PQueue({ concurrency: atOnce });
  const artifacts = await queue.addAll(suite.artifacts.map((artifact) => () => keep(artifact)));
  const lost = artifacts.filter((artifact) => artifact.notStored).length;
  if (lost > 0) stage.onLine(runId, suite.name, `${lost} of ${artifacts.length} files not stored: ${failures[0]}`);
  return { ...suite, artifacts };
}
