import { RunError } from '../errors.ts';
import { seizeRun } from '../store/deadlines.ts';
import { renewLease } from '../store/leases.ts';
import { endAsUntested } from './end-as-untested.ts';
import { keepLease } from './keep-lease.ts';
import { Lease } from './lease.ts';
import type { Player } from './play-run.ts';
import { Recorder } from './recorder.ts';

/**
 * The watchdog's word on a run whose player hangs: not tested, and nobody is blamed. Its environment is torn down by whoever takes
 * it up then, as that of any run with a verdict. @returns whether there was something to conclude
 */
export async function concludeOverdue(player: Player, runId: string): Promise<boolean> {
  const { store, stage, owner } = player;
  const askedAt = performance.now();
  const seized = await store.transaction((tx) => seizeRun(tx, runId, `${owner}/watchdog`));
  if (seized === null) return false;
  const { run, hold } = seized;
  const lease = new Lease(hold, askedAt);
  const over = new AbortController();
  const renew = async () => renewLease(store, hold, await store.now());
  const leasing = keepLease({ lease, log: stage.log, renew, onLost: () => undefined }, over.signal);
  try {
    const recorder = new Recorder({ store, run, hold, now: stage.now, onUpdate: stage.onUpdate });
    if (run.document.verdict === null) await endAsUntested(recorder, overdue(runId, run.phase));
    await player.publish(recorder.run, { final: true, lease });
  } finally {
    over.abort();
    await leasing;
    // Not given back: what its player had on its way may land as long as this lease and a request last, and no receipt is given before.
  }
  return true;
}

function overdue(runId: string, phase: string): RunError {
  return new RunError(`playing run "${runId}", which is overdue in its phase "${phase}"`, {
    code: 'RUN_OVERDUE',
    remedy: 'retry',
    hint: 'Run it again; nothing speaks against the change.',
  });
}
