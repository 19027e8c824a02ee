import { lifetimeOf } from '../run/lifetime.ts';
import { keepWishOf, recordKept } from '../store/keep.ts';
import { saveReceipt, teardownOf } from '../store/teardowns.ts';
import { extendExpiry } from '../teardown/extend-expiry.ts';
import { teardownPauseMs } from '../teardown/teardown-pause.ts';
import type { Lease } from './lease.ts';
import type { Player } from './play-run.ts';
import type { Recorder } from './recorder.ts';
import { recordOfReceipt, storedReceipt, tearDownRun } from './tear-down-run.ts';

export interface Finishing {
  recorder: Recorder;
  lease: Lease;
}

/** Reports the verdict, tears the environment down (or keeps it as asked) and ends the run with its receipt. */
export async function finishRun(player: Player, finishing: Finishing): Promise<void> {
  const { store, stage, acts } = player;
  const { recorder, lease } = finishing;
  await player.publish(recorder.run, { final: true, lease });
  await recorder.tell({ kind: 'phase-started', phase: 'teardown' });
  await lease.enough();
  const { run } = recorder;
  await acts.clearFolders(stage, run.id);
  if (!(await keepAsAsked(player, finishing))) {
    const teardown = await teardownOf(store, run.id);
    const receipt = await tearDownRun(player, run, { lease, teardown });
    const pauseMs = teardownPauseMs((teardown?.attempts ?? 0) + 1);
    await recorder.tell({ kind: 'teardown-recorded', record: recordOfReceipt(receipt) }, (tx) =>
      saveReceipt(tx, run.id, storedReceipt(receipt), new Date(tx.now.getTime() + pauseMs)),
    );
  }
  await recorder.tell({ kind: 'phase-started', phase: 'done' });
  await player.publish(recorder.run, { final: true });
}

/** Whether the environment stays, because somebody asked for it and nobody wanted the run to end since. */
async function keepAsAsked({ store, stage }: Player, { recorder, lease }: Finishing): Promise<boolean> {
  const { run } = recorder;
  const wish = await keepWishOf(store, run.id);
  if (wish === null || run.document.environment === null) return false;
  const now = stage.now().getTime();
  const kept = lifetimeOf({ ...wish, activeAt: now, mostMs: stage.ceilings.maxTtlMs });
  if (kept.until <= now) return false;
  const until = new Date(kept.until);
  await extendExpiry(stage.kubernetes, { instance: stage.instance, runId: run.id }, until, lease);
  if (!(await store.transaction((tx) => recordKept(tx, lease.hold, until)))) return false;
  const { longestMs } = kept;
  const record = { ...run.document.teardown, status: 'kept' as const, kept: { until: until.toISOString(), longestMs } };
  await recorder.tell({ kind: 'teardown-recorded', record });
  return true;
}
