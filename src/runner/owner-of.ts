import type { Ownership } from '../../infra/labels.ts';
import type { Run } from '../run/run.ts';
import type { Stage } from './stage.ts';

/** The labels' words for what a run creates. */
export function ownerOf(stage: Pick<Stage, 'instance'>, run: Run): Ownership {
  return {
    instance: stage.instance,
    runId: run.id,
    changeId: run.changeId,
    expiresAt: Math.floor(Date.parse(run.expiresAt) / 1000),
    repository: run.repository,
    changeNumber: run.change,
    sha: run.headSha,
  };
}
