import { storableText } from './as-json.ts';
import type { Reader, Tx } from './store.ts';

export interface LogLine {
  /** ISO. */
  at: string;
  /** Who says it: `greenroom`, a suite's name, `web/web-5f7c`. */
  source: string;
  line: string;
}

/** The newest lines of a run are kept, and of a line its beginning. */
export const maxLogLines = 5_000;
const maxLineLength = 2_000;

/** Adds lines in order. A run's lines come from its one player, in batches. */
export async function appendLog(tx: Tx, runId: string, lines: LogLine[]): Promise<void> {
  const kept = lines.slice(-maxLogLines);
  for (let from = 0; from < kept.length; from += 500) {
    const rows = kept.slice(from, from + 500).map(({ at, source, line }) => ({
      run_id: runId,
      at: new Date(at),
      source: storableText(source).slice(0, 200),
      line: storableText(line.length > maxLineLength ? `${line.slice(0, maxLineLength)}…` : line),
    }));
    await tx.db.insertInto('run_log').values(rows).execute();
  }
  await tx.db
    .deleteFrom('run_log')
    .where('run_id', '=', runId)
    .where('seq', '<=', (of) =>
      of
        .selectFrom('run_log')
        .select('seq')
        .where('run_id', '=', runId)
        .orderBy('seq', 'desc')
        .offset(maxLogLines)
        .limit(1),
    )
    .execute();
}

/** The newest `limit` lines after `afterSeq`, in order. */
export async function readLog(
  reader: Reader,
  runId: string,
  { afterSeq = 0, limit = maxLogLines }: { afterSeq?: number; limit?: number } = {},
): Promise<(LogLine & { seq: number })[]> {
  const rows = await reader.db
    .selectFrom('run_log')
    .selectAll()
    .where('run_id', '=', runId)
    .where('seq', '>', afterSeq)
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  return rows
    .reverse()
    .map((row) => ({ seq: Number(row.seq), at: row.at.toISOString(), source: row.source, line: row.line }));
}

/** The newest line of a run's log, or null where there is none. */
export async function lastLogLine(reader: Reader, runId: string): Promise<LogLine | null> {
  return (await readLog(reader, runId, { limit: 1 }))[0] ?? null;
}
