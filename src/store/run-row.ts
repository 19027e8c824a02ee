import type { Run } from '../run/run.ts';
import type { RunRow } from './tables.ts';

/** What the store knows about a run beside the run itself. */
export interface StoredRun extends Run {
  /** Who is served in turn when room is scarce; '' for nobody in particular. */
  author: string;
  createdAt: string;
  finishedAt: string | null;
  supersededBy: string | null;
  /** Who plays it, and until when without a renewal. */
  lease: { owner: string; until: string } | null;
}

export function asStoredRun(row: RunRow): StoredRun {
  return {
    id: row.id,
    repository: row.repository,
    change: row.number,
    queueRef: row.queue_ref,
    changeId: row.change_id,
    headSha: row.head_sha,
    baseSha: row.base_sha,
    generation: row.generation,
    trigger: row.trigger,
    trusted: row.trusted,
    phase: row.phase,
    cancel: row.cancel,
    onlySuites: row.only_suites,
    keepUntil: row.keep_until?.toISOString() ?? null,
    expiresAt: row.expires_at.toISOString(),
    environmentName: row.environment_name,
    document: row.document,
    author: row.author,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    supersededBy: row.superseded_by,
    lease:
      row.lease_owner === null || row.lease_until === null
        ? null
        : { owner: row.lease_owner, until: row.lease_until.toISOString() },
  };
}
