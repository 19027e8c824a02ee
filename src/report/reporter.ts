import type { Run } from '../run/run.ts';

/** Tells somebody how a run stands: called after every fact, with the whole run (PORT: forge, console). */
export interface Reporter {
  name: string;
  report(run: Run, signal: AbortSignal): Promise<void>;
}

export interface BroadcastOptions {
  signal: AbortSignal;
  /** Hears of a reporter that broke; what it throws in turn is dropped. */
  onProblem: (reporter: string, error: unknown) => void;
}

/** Tells every reporter at the same time. One broken reporter loses only its own report; never rejects. */
export async function broadcast(
  reporters: readonly Reporter[],
  run: Run,
  { signal, onProblem }: BroadcastOptions,
): Promise<void> {
  const told = reporters.map(async (reporter) => reporter.report(run, signal));
  const results = await Promise.allSettled(told);
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') continue;
    try {
      onProblem(reporters[index]?.name ?? 'unknown', result.reason);
    } catch {
      // A broken ear must not silence the next reporter.
    }
  }
}
