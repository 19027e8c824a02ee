import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../errors.ts';
import { changeIdOf } from '../run/change-id.ts';
import { strippedWords } from '../runner/tear-down-run.ts';
import { requestCancel } from '../store/cancel.ts';
import { keptRuns } from '../store/kept-runs.ts';
import { liveRuns, runById } from '../store/runs.ts';
import { allowStripping, blockedRuns, hastenTeardown, type Teardown, teardownOf } from '../store/teardowns.ts';
import { finalizersOf } from '../teardown/strip-finalizers.ts';
import type { OpenService } from './open-service.ts';

const patienceMs = 6 * 60_000;

export interface TeardownWish {
  /** A run's id, or OWNER/REPO#N. */
  target: string;
  stripFinalizers: boolean;
}

/**
 * Ends a run or all runs of a change and waits for the receipts. Doing it twice is doing it once.
 * @throws RunError UNKNOWN_RUN (fix-input), TEARDOWN_LATE (retry)
 */
export async function tearDownNamed(
  service: OpenService,
  { target, stripFinalizers }: TeardownWish,
  say: (line: string) => void,
): Promise<Teardown[]> {
  const { store } = service;
  const ids = await runsNamed(store, target);
  const before = new Map(await Promise.all(ids.map(async (id) => [id, await teardownOf(store, id)] as const)));
  for (const id of ids) {
    if (stripFinalizers) await sayFinalizers(service, id, say);
    await store.transaction(async (tx) => {
      if (stripFinalizers) await allowStripping(tx, id);
      if ((await requestCancel(tx, id, 'commanded')) === null) await hastenTeardown(tx, id);
    });
    say(`run ${id}: teardown asked for`);
  }
  const deadline = performance.now() + patienceMs;
  const receipts: Teardown[] = [];
  for (const id of ids) {
    const teardown = await receiptOf(store, id, { attempts: before.get(id)?.attempts ?? 0, deadline });
    if (teardown) receipts.push(teardown);
    say(`run ${id}: ${teardown?.state ?? 'nothing to tear down'}`);
    for (const line of teardown?.receipt?.blockedBy ?? []) say(`  blocked by ${line}`);
    for (const line of teardown?.receipt?.strippedFinalizers ?? []) say(`  stripped ${line}`);
    for (const line of teardown?.receipt?.volumesLeft ?? []) say(`  left volume ${line}`);
  }
  return receipts;
}

/** The end of an attempt that ends after now: what was blocked before is tried again first. */
async function receiptOf(
  store: OpenService['store'],
  id: string,
  { attempts, deadline }: { attempts: number; deadline: number },
): Promise<Teardown | null> {
  const isAnswered = (one: Teardown) =>
    one.state === 'gone' || (one.state === 'blocked' && !one.underWay && one.attempts > attempts);
  for (;;) {
    const teardown = await teardownOf(store, id);
    if (teardown === null || isAnswered(teardown)) return teardown;
    if (performance.now() > deadline) {
      throw new RunError(`waiting for the teardown of run "${id}"`, {
        code: 'TEARDOWN_LATE',
        remedy: 'retry',
        hint: 'It goes on by itself: "greenroom status" shows it.',
      });
    }
    await sleep(250);
  }
}

async function sayFinalizers({ engine }: OpenService, runId: string, say: (line: string) => void): Promise<void> {
  const { kubernetes, instance } = engine.stage;
  for (const object of await finalizersOf(kubernetes, { instance, runId }))
    say(`run ${runId}: strips ${strippedWords(object)}, if nobody else does within 10 s`);
}

async function runsNamed(store: OpenService['store'], target: string): Promise<string[]> {
  const change = /^((?:gitea:)?[\w.-]+\/[\w.-]+)#(\d+)$/.exec(target);
  if (change?.[1] && change[2]) {
    const changeId = changeIdOf(change[1], Number(change[2]));
    const runs = [...(await liveRuns(store, changeId)), ...(await keptRuns(store, changeId))];
    return [...new Set([...runs.map((run) => run.id), ...(await blockedRuns(store, changeId))])];
  }
  if ((await runById(store, target)) !== null) return [target];
  throw new RunError(`looking for the run "${target}"`, {
    code: 'UNKNOWN_RUN',
    remedy: 'fix-input',
    hint: 'Name a run by its id ("greenroom status" lists them) or a change as OWNER/REPO#N.',
  });
}
