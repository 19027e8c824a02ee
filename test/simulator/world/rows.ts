import type { CancelReason } from '../../../src/run/run.ts';
import type { TeardownState } from '../../../src/store/tables.ts';
import type { Phase, VerdictDocument } from '../../../src/verdict/verdict-document.ts';
import type { SimulatedDatabase } from '../store/simulated-database.ts';
import type { Happening, History, Right } from './history.ts';

const columns = {
  runs: [
    'new.id',
    'new.change_id',
    'new.repository',
    'new.number',
    'new.queue_ref',
    'new.head_sha',
    'new.generation',
    'new.phase',
    'new.cancel',
    `case when new.phase in ('reporting', 'teardown', 'done') then json_extract(new.document, '$.verdict') end`,
    'new.fence',
    'new.lease_owner',
    '(new.admitted_at is not null)',
  ],
  teardowns: ['new.run_id', 'new.state', 'new.due_at', 'new.held_by', 'new.attempts'],
  deliveries: ['new.id', '(new.handled_at is not null)'],
};

export interface ObservedRows {
  /** Whose run it is, by its id. */
  runs: ReadonlyMap<string, { changeId: string; generation: number }>;
}

/** Writes down what becomes of rows, as it is committed. */
export function observeRows(database: SimulatedDatabase, history: History, owner: () => string): ObservedRows {
  const runs = new Map<string, { changeId: string; generation: number }>();
  const teardowns = new Map<string, TeardownRow>();
  database.observe(columns, ({ table, isNew, values }) => {
    if (table === 'deliveries') {
      const [id, isHandled] = values;
      if (isHandled === 1) history.add(owner(), { kind: 'delivery-handled', id: String(id) });
      return;
    }
    if (table === 'teardowns') {
      const row = values as TeardownRow;
      const before = teardowns.get(row[0]);
      teardowns.set(row[0], row);
      noteTeardown(row, before, (happening) => history.add(owner(), happening));
      return;
    }
    const row = asRun(values);
    if (isNew) runs.set(row.runId, { changeId: row.changeId, generation: row.generation });
    history.add(owner(), { kind: 'run-row', ...row, isNew });
  });
  return { runs };
}

type TeardownRow = [runId: string, state: TeardownState, dueMs: number, heldBy: string | null, attempts: number];

function noteTeardown(
  [runId, state, dueMs, holder, attempt]: TeardownRow,
  before: TeardownRow | undefined,
  note: (happening: Happening) => void,
): void {
  const [, stateBefore, dueBefore, holderBefore = null, attemptBefore = 0] = before ?? [];
  if (state !== stateBefore || dueMs !== dueBefore)
    note({ kind: 'teardown-row', runId, state, dueMs, isNew: before === undefined });
  if (holder !== holderBefore || (holder !== null && attempt !== attemptBefore))
    note({ kind: 'teardown-held', runId, holder, attempt });
}

function asRun(values: unknown[]) {
  const [
    runId,
    changeId,
    repository,
    number,
    queueRef,
    headSha,
    generation,
    phase,
    cancel,
    verdict,
    fence,
    leaseOwner,
    admitted,
  ] = values;
  return {
    runId: String(runId),
    changeId: String(changeId),
    repository: String(repository),
    number: number as number | null,
    queueRef: queueRef as string | null,
    headSha: String(headSha),
    generation: Number(generation),
    phase: phase as Phase,
    cancel: cancel as CancelReason | null,
    verdict: verdict as VerdictDocument['verdict'],
    fence: Number(fence),
    leaseOwner: leaseOwner as string | null,
    isAdmitted: admitted === 1,
  };
}

const rightSql = `select runs.lease_owner as lessee, runs.lease_until as leased, held_by as holder, held_until as held
  from runs left join teardowns on teardowns.run_id = runs.id where runs.id = ?`;

/** What the rows say now of who may act for a run. */
export function rightOn(
  database: SimulatedDatabase,
  nowMs: number,
  { runId, holder }: { runId: string; holder: string },
): Right {
  if (runId === '') return { leftMs: null, isKnown: false };
  const [row] = database.peek(rightSql, [runId]);
  if (row === undefined) return { leftMs: null, isKnown: false };
  const ends = [
    ...(row.lessee === holder && row.leased !== null ? [Number(row.leased)] : []),
    ...(row.holder === holder && row.held !== null ? [Number(row.held)] : []),
  ];
  return { leftMs: ends.length === 0 ? null : Math.max(...ends) - nowMs, isKnown: true };
}
