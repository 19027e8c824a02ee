import type { VerdictDocument } from '../../../src/verdict/verdict-document.ts';
import type { Snapshot } from '../world/world.ts';

export interface NewestRun {
  id: string;
  repository: string;
  /** 0 for an entry of the merge queue. */
  number: number;
  queueRef: string | null;
  changeId: string;
  headSha: string;
  generation: number;
  cancel: string | null;
  verdict: VerdictDocument['verdict'];
  document: VerdictDocument;
}

/** The runs at the end, as far as the invariants look into them. */
export function runsAtEnd({ rows }: Snapshot): NewestRun[] {
  return rows.runs.map((row) => {
    const document = JSON.parse(String(row.document)) as VerdictDocument;
    return {
      id: String(row.id),
      repository: String(row.repository),
      number: Number(row.number),
      queueRef: row.queue_ref === null ? null : String(row.queue_ref),
      changeId: String(row.change_id),
      headSha: String(row.head_sha),
      generation: Number(row.generation),
      cancel: row.cancel === null ? null : String(row.cancel),
      verdict: document.verdict,
      document,
    };
  });
}

/** Of every change the run that owns the words. */
export function newestRuns(snapshot: Snapshot): NewestRun[] {
  return newestBy(runsAtEnd(snapshot), (run) => run.changeId);
}

export function newestBy(runs: readonly NewestRun[], key: (run: NewestRun) => string): NewestRun[] {
  const newest = new Map<string, NewestRun>();
  for (const run of runs) if (run.generation > (newest.get(key(run))?.generation ?? 0)) newest.set(key(run), run);
  return [...newest.values()];
}
