import type { Run } from '../run/run.ts';
import { asJson } from './as-json.ts';
import { lockChange } from './changes.ts';
import { leaveCommit } from './checks.ts';
import { asStoredRun, type StoredRun } from './run-row.ts';
import type { Tx } from './store.ts';
import { endKept } from './teardowns.ts';
import { word } from './word.ts';

export interface WantedRun {
  change: { id: string; repository: string; number: number | null; queueRef?: string | null };
  /** Who is served in turn when room is scarce; default nobody in particular. */
  author?: string;
  /** Builds the run once its generation is known; `expiresAt` is when its teardown is due at the latest. */
  build: (generation: number) => Run;
}

/** The merge queue goes first: everybody's merges wait behind it. */
const mergeQueueLane = 0;
const usualLane = 1;

export interface CreatedRun {
  run: StoredRun;
  /** Live runs of the same change, now cancelled as superseded: their players end them, their teardowns follow. */
  superseded: StoredRun[];
}

/**
 * The promise before the creation (DESIGN, rule 2): the run row, its expiry and its teardown commit together, before
 * anything exists, with the next generation of the change and the end of its older live runs.
 */
export async function createRun(tx: Tx, wanted: WantedRun): Promise<CreatedRun> {
  const change = await lockChange(tx, wanted.change);
  const run = wanted.build(change.generation + 1);
  await tx.db
    .updateTable('changes')
    .set({ generation: run.generation, head_sha: run.headSha, updated_at: tx.now })
    .where('id', '=', change.id)
    .execute();
  const { id, repository, headSha } = change;
  if (headSha !== null && headSha !== run.headSha) await leaveCommit(tx, { id, repository, headSha });
  const superseded = await supersede(tx, change.id, run.id);
  const row = await tx.db
    .insertInto('runs')
    .values({ ...asRow(run, tx.now), author: wanted.author ?? '' })
    .returningAll()
    .executeTakeFirstOrThrow();
  const dueAt = new Date(run.expiresAt);
  await tx.db
    .insertInto('teardowns')
    .values({
      run_id: run.id,
      change_id: change.id,
      environment_name: run.environmentName,
      state: 'promised',
      due_at: dueAt,
      held_by: null,
      held_until: null,
      receipt: null,
      blocked_since: null,
      updated_at: tx.now,
    })
    .execute();
  await tx.wake('teardowns', run.id, dueAt);
  await tx.wake('runs', run.id);
  return { run: asStoredRun(row), superseded };
}

async function supersede(tx: Tx, changeId: string, byRun: string): Promise<StoredRun[]> {
  const rows = await tx.db
    .updateTable('runs')
    .set((of) => ({
      superseded_by: byRun,
      cancel: of.fn.coalesce('cancel', of.val('superseded' as const)),
      keep_until: null,
      updated_at: tx.now,
    }))
    .where('change_id', '=', changeId)
    .where('phase', '<>', word('done'))
    .where('superseded_by', 'is', null)
    .returningAll()
    .execute();
  for (const row of rows) {
    await endKept(tx, row.id);
    await tx.wake('runs', row.id);
  }
  return rows.map(asStoredRun);
}

function asRow(run: Run, now: Date) {
  return {
    id: run.id,
    repository: run.repository,
    number: run.change,
    queue_ref: run.queueRef,
    change_id: run.changeId,
    head_sha: run.headSha,
    base_sha: run.baseSha,
    generation: run.generation,
    trigger: run.trigger,
    trusted: run.trusted,
    phase: run.phase,
    cancel: run.cancel,
    only_suites: run.onlySuites === null ? null : asJson(run.onlySuites),
    keep_until: run.keepUntil === null ? null : new Date(run.keepUntil),
    keep_ms: null,
    active_at: null,
    expires_at: new Date(run.expiresAt),
    environment_name: run.environmentName,
    document: asJson(run.document),
    superseded_by: null,
    lease_owner: null,
    lease_until: null,
    fence: 0,
    created_at: now,
    updated_at: now,
    finished_at: null,
    lane: run.queueRef === null ? usualLane : mergeQueueLane,
    demand: null,
    admitted_at: null,
    deadline_at: null,
  };
}
