import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../errors.ts';
import { changeIdOf } from '../run/change-id.ts';
import { requestCancel } from '../store/cancel.ts';
import { keptRuns } from '../store/kept-runs.ts';
import { liveRuns, runById } from '../store/runs.ts';
import { hastenTeardown, type Teardown, teardownOf } from '../store/teardowns.ts';
import type { OpenService } from './open-service.ts';

const patienceMs = 6 * 60_000;

/**
 * Ends a run or all runs of a change and waits for the receipts. Doing it twice is doing it once.
 * @param target a run's id, or OWNER/REPO#N
 * @throws RunError UNKNOWN_RUN (fix-input), TEARDOWN_LATE (retry)
 */
export async function tearDownNamed(
  { store }: OpenService,
  target: string,
  say: (line: string) => void,
): Promise<Teardown[]> {
  const ids = await runsNamed(store, target);
  for (const id of ids) {
    await store.transaction(async (tx) => {
      if ((await requestCancel(tx, id, 'commanded')) === null) await hastenTeardown(tx, id);
    });
    say(`run ${id}: teardown asked for`);
  }
  const deadline = performance.now() + patienceMs;
  const receipts: Teardown[] = [];
  for (const id of ids) {
    let teardown = await teardownOf(store, id);
    while (teardown !== null && teardown.state !== 'gone' && teardown.state !== 'blocked') {
      if (performance.now() > deadline) {
        throw new RunError(`waiting for the teardown of run "${id}"`, {
          code: 'TEARDOWN_LATE',
          remedy: 'retry',
          hint: 'It goes on by itself: "greenroom status" shows it.',
        });
      }
      await sleep(250);
      teardown = await teardownOf(store, id);
    }
    if (teardown) receipts.push(teardown);
    say(`run ${id}: ${teardown?.state ?? 'nothing to tear down'}`);
  }
  return receipts;
}

async function runsNamed(store: OpenService['store'], target: string): Promise<string[]> {
  const change = /^([\w.-]+\/[\w.-]+)#(\d+)$/.exec(target);
  if (change?.[1] && change[2]) {
    const changeId = changeIdOf(change[1], Number(change[2]));
    const runs = [...(await liveRuns(store, changeId)), ...(await keptRuns(store, changeId))];
    return runs.map((run) => run.id);
  }
  if ((await runById(store, target)) !== null) return [target];
  throw new RunError(`looking for the run "${target}"`, {
    code: 'UNKNOWN_RUN',
    remedy: 'fix-input',
    hint: 'Name a run by its id ("greenroom status" lists them) or a change as OWNER/REPO#N.',
  });
}
