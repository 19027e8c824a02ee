import { setTimeout as sleep } from 'node:timers/promises';
import { runById } from '../store/runs.ts';
import { claimTeardown, saveReceipt } from '../store/teardowns.ts';
import { recordOfReceipt, retryTeardownMs, storedReceipt, tearDownRun } from './finish-run.ts';
import type { Player } from './play-run.ts';

/** Below the lease's 15 s, with room for a slow store. */
const claimAgainMs = 5_000;

/**
 * Keeps the promise that was made before the run began: an environment whose time is up, was kept, or whose player died
 * goes, and its receipt is saved. Returns at once when it is not due or somebody else is at it.
 */
export async function tearDownDue(player: Player, runId: string): Promise<void> {
  const { store, stage, owner } = player;
  const claimed = await store.transaction((tx) => claimTeardown(tx, runId, owner));
  if (claimed === null) return;
  const run = await runById(store, runId);
  if (run === null) return;
  const done = new AbortController();
  const holding = hold(player, runId, done.signal);
  try {
    const receipt = await tearDownRun(player, run);
    const retryAt = new Date(stage.now().getTime() + retryTeardownMs);
    await store.transaction((tx) => saveReceipt(tx, runId, storedReceipt(receipt), retryAt));
    const document = { ...run.document, teardown: recordOfReceipt(receipt) };
    stage.onUpdate({ ...run, document });
    await player.publish({ ...run, document }, { final: true });
  } finally {
    done.abort();
    await holding;
  }
}

async function hold({ store, owner, stage }: Player, runId: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(claimAgainMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await store
      .transaction((tx) => claimTeardown(tx, runId, owner))
      .catch((err: unknown) => stage.log.warn({ run: runId, err }, 'holding a teardown'));
  }
}
