import {
  claimTeardown,
  holdsTeardown,
  releaseTeardown,
  renewTeardown,
  type TeardownHold,
} from '../store/claim-teardown.ts';
import { runById } from '../store/runs.ts';
import { saveReceipt, type Teardown } from '../store/teardowns.ts';
import { teardownPauseMs } from '../teardown/teardown-pause.ts';
import { keepLease } from './keep-lease.ts';
import { Lease } from './lease.ts';
import type { Player } from './play-run.ts';
import { recordOfReceipt, storedReceipt, tearDownRun } from './tear-down-run.ts';

/**
 * Keeps the promise that was made before the run began: an environment whose time is up, was kept, or whose player died
 * goes, and its receipt is saved. Returns at once when it is not due or somebody else is at it.
 */
export async function tearDownDue(player: Player, runId: string): Promise<void> {
  const { store, stage, owner } = player;
  const askedAt = performance.now();
  const claimed = await store.transaction((tx) => claimTeardown(tx, runId, owner));
  if (claimed === null) return;
  const { teardown, hold } = claimed;
  const lease = new Lease(hold, askedAt);
  const done = new AbortController();
  const renew = async () => ((await store.transaction((tx) => renewTeardown(tx, hold))) ? hold : null);
  const onLost = () => stage.log.warn({ run: runId }, 'somebody else tears down what this process was at');
  const leasing = keepLease({ lease, log: stage.log, renew, onLost }, done.signal);
  try {
    await tearDownHeld(player, { lease, teardown, hold });
  } finally {
    done.abort();
    await leasing;
  }
}

interface Held {
  lease: Lease;
  hold: TeardownHold;
  teardown: Teardown;
}

async function tearDownHeld(player: Player, { lease, hold, teardown }: Held): Promise<void> {
  const { store, stage } = player;
  const { runId } = hold;
  const run = await runById(store, runId);
  if (run === null) return;
  const receipt = await tearDownRun(player, run, { lease, teardown });
  const pauseMs = teardownPauseMs(teardown.attempts);
  const saved = await store.transaction(async (tx) => {
    if (!(await holdsTeardown(tx, hold))) return false;
    await saveReceipt(tx, runId, storedReceipt(receipt), new Date(tx.now.getTime() + pauseMs));
    await releaseTeardown(tx, hold);
    return true;
  });
  // Whoever took it over gives the receipt.
  if (!saved) return;
  const document = { ...run.document, teardown: recordOfReceipt(receipt) };
  stage.onUpdate({ ...run, document });
  // Of a run that has not come that far its next player speaks, and finds the receipt in the row.
  if (run.phase === 'teardown' || run.phase === 'done') await player.publish({ ...run, document }, { final: true });
}
