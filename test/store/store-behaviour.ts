import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { requestCancel } from '../../src/store/cancel.ts';
import { changeById } from '../../src/store/changes.ts';
import { createRun } from '../../src/store/create-run.ts';
import {
  acceptDelivery,
  claimComment,
  claimDelivery,
  finishDelivery,
  postponeDelivery,
  unhandledDeliveries,
} from '../../src/store/deliveries.ts';
import { deliveryIntake } from '../../src/store/delivery-intake.ts';
import { claimableRuns, claimRun, releaseRun, renewLease } from '../../src/store/leases.ts';
import { appendLog, readLog } from '../../src/store/run-log.ts';
import { liveRuns, runById, runsOfChange } from '../../src/store/runs.ts';
import { saveRun } from '../../src/store/save-run.ts';

import { teardownOf } from '../../src/store/teardowns.ts';
import { shaA, shaB, wantedRun } from './sample-run.ts';
import { type OpenStage, StoreStage } from './store-stage.ts';

/** What every engine of the store does with deliveries and the runs that follow. */
export function describeStore(open: OpenStage): void {
  const stage = new StoreStage(open);
  const { behaves } = stage;

  behaves('a redelivered id is known and stored once', async () => {
    const first = await acceptDelivery(stage.store, stage.delivery('d1'));
    const second = await acceptDelivery(stage.store, stage.delivery('d1'));

    expect([first, second]).toEqual(['new', 'known']);
    expect(await unhandledDeliveries(stage.store, new Date(stage.now))).toEqual(['d1']);
  });

  behaves('deliveries that come at once share a transaction, and each learns its own fate', async () => {
    await acceptDelivery(stage.store, stage.delivery('known'));
    const accept = deliveryIntake(stage.store);

    const answers = await Promise.all(['a', 'known', 'b', 'a'].map((id) => accept(stage.delivery(id))));
    const refused = await Promise.allSettled(
      ['c', 'd', 'e'].map((id) => accept({ ...stage.delivery(id), name: id === 'd' ? 'nul \u0000' : 'ping' })),
    );

    expect(answers).toEqual(['new', 'known', 'new', 'known']);
    expect(refused.map((each) => each.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await unhandledDeliveries(stage.store, new Date(stage.now))).sort()).toEqual(['a', 'b', 'c', 'e', 'known']);
  });

  behaves('a delivery is handled by one worker at a time and finished once', async () => {
    await acceptDelivery(stage.store, stage.delivery('d1'));

    const [mine, others] = [
      await stage.write((tx) => claimDelivery(tx, 'd1', 15_000)),
      await stage.write((tx) => claimDelivery(tx, 'd1', 15_000)),
    ];
    const finishes = [
      await stage.write((tx) => finishDelivery(tx, 'd1')),
      await stage.write((tx) => finishDelivery(tx, 'd1')),
    ];

    expect(mine).toMatchObject({ ...stage.delivery('d1'), attempts: 1 });
    expect(others).toBeNull();
    expect(finishes).toEqual([true, false]);
    expect(await unhandledDeliveries(stage.store, new Date(stage.now))).toEqual([]);
  });

  behaves('a delivery whose worker died or gave it back is offered again', async () => {
    await acceptDelivery(stage.store, stage.delivery('d1'));
    await stage.write((tx) => claimDelivery(tx, 'd1', 15_000));
    const whileHeld = await unhandledDeliveries(stage.store, new Date(stage.now));
    stage.advance(15_000);
    const afterDeath = await unhandledDeliveries(stage.store, new Date(stage.now));
    await stage.write((tx) => claimDelivery(tx, 'd1', 15_000));
    const postponed = async (reason: string, isRefusal: boolean) => {
      const retryAt = new Date(stage.now + 5_000);
      await stage.write((tx) => postponeDelivery(tx, 'd1', { retryAt, reason, isRefusal }));
      stage.advance(5_000);
      return await stage.write((tx) => claimDelivery(tx, 'd1', 15_000));
    };

    const again = [await postponed('forge unreachable', false), await postponed('not found', true)];

    expect([whileHeld, afterDeath]).toEqual([[], ['d1']]);
    expect(again).toMatchObject([
      { attempts: 3, refusals: 0 },
      { attempts: 4, refusals: 1 },
    ]);
  });

  behaves('a command is claimed once per comment id', async () => {
    const claims = [
      await stage.write((tx) => claimComment(tx, 'acme/shop', '42')),
      await stage.write((tx) => claimComment(tx, 'acme/shop', '42')),
      await stage.write((tx) => claimComment(tx, 'acme/other', '42')),
    ];

    expect(claims).toEqual([true, false, true]);
  });

  behaves('a run, its expiry and its teardown commit together', async () => {
    const { run, superseded } = await stage.created('r1');

    expect(run).toMatchObject({ id: 'r1', generation: 1, phase: 'queued', cancel: null, lease: null });
    expect(superseded).toEqual([]);
    expect(await teardownOf(stage.store, 'r1')).toMatchObject({
      runId: 'r1',
      state: 'promised',
      dueAt: run.expiresAt,
      environmentName: 'gr-r1',
    });
    expect(await changeById(stage.store, 'change-7')).toMatchObject({ generation: 1, headSha: shaA });
  });

  behaves('nothing of a run exists when its transaction fails', async () => {
    const work = stage.write(async (tx) => {
      await createRun(tx, wantedRun('r1'));
      throw new Error('the process has second thoughts');
    });

    await expect(work).rejects.toThrow('second thoughts');
    expect(await runById(stage.store, 'r1')).toBeNull();
    expect(await teardownOf(stage.store, 'r1')).toBeNull();
    expect(await changeById(stage.store, 'change-7')).toBeNull();
  });

  behaves('what runs beside a transaction is not drawn into it', async () => {
    let beside: Promise<unknown> = Promise.resolve();
    const failing = stage.write(async (tx) => {
      await claimComment(tx, 'acme/shop', '1');
      beside = acceptDelivery(stage.store, stage.delivery('beside'));
      await sleep(20);
      throw new Error('rolled back');
    });

    await expect(failing).rejects.toThrow('rolled back');
    expect(await beside).toBe('new');
    expect(await unhandledDeliveries(stage.store, new Date(stage.now))).toEqual(['beside']);
    expect(await stage.write((tx) => claimComment(tx, 'acme/shop', '1'))).toBe(true);
  });

  behaves('a newer run supersedes the live ones of its change and of no other', async () => {
    await stage.created('r1');
    await stage.created('other', { change: 8 });

    const second = await stage.created('r2', { headSha: shaB });

    expect(second.run.generation).toBe(2);
    expect(second.superseded.map((run) => run.id)).toEqual(['r1']);
    expect(await runById(stage.store, 'r1')).toMatchObject({ cancel: 'superseded', supersededBy: 'r2' });
    expect(await runById(stage.store, 'other')).toMatchObject({ cancel: null, supersededBy: null });
  });

  behaves('runs wanted at the same time get generations in a row', async () => {
    const ids = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6'];

    await Promise.all(ids.map((id) => stage.created(id)));

    const runs = await runsOfChange(stage.store, 'change-7');
    expect(runs.map((run) => run.generation)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(runs.filter((run) => run.cancel === null)).toHaveLength(1);
    expect(runs[0]?.cancel).toBeNull();
  });

  behaves('one worker plays a run; another takes over once the lease and a last request are over', async () => {
    await stage.created('r1');
    const mine = await stage.claimed('r1', 'a');
    const early = await stage.write((tx) => claimRun(tx, 'r1', 'b'));
    stage.advance(24_999);
    const stillEarly = await stage.write((tx) => claimRun(tx, 'r1', 'b'));
    const waiting = await claimableRuns(stage.store, new Date(stage.now));
    stage.advance(1);

    const theirs = await stage.claimed('r1', 'b');

    expect([early, stillEarly, waiting]).toEqual([null, null, []]);
    expect(theirs.hold.fence).toBe(mine.hold.fence + 1);
  });

  behaves('a frozen owner that wakes after a take-over can neither save nor renew nor release', async () => {
    await stage.created('r1');
    const frozen = await stage.claimed('r1', 'a');
    stage.advance(25_000);
    const taken = await stage.claimed('r1', 'b');

    const saved = await stage.write((tx) => saveRun(tx, { ...frozen.run, phase: 'testing' }, frozen.hold));
    const renewed = await stage.write((tx) => renewLease(tx, frozen.hold, tx.now));
    await stage.write((tx) => releaseRun(tx, frozen.hold));

    expect([saved, renewed]).toEqual([null, null]);
    expect(await runById(stage.store, 'r1')).toMatchObject({ phase: 'queued', lease: { owner: 'b' } });
    expect(await stage.write((tx) => renewLease(tx, taken.hold, tx.now))).not.toBeNull();
  });

  behaves('a released run is free at once, a renewed one stays held', async () => {
    await stage.created('r1');
    const { hold } = await stage.claimed('r1', 'a');
    stage.advance(14_000);
    const renewed = await stage.write((tx) => renewLease(tx, hold, tx.now));
    stage.advance(20_000);
    const other = await stage.write((tx) => claimRun(tx, 'r1', 'b'));
    await stage.write((tx) => releaseRun(tx, hold));

    const freed = await stage.write((tx) => claimRun(tx, 'r1', 'b'));

    expect(renewed?.cancel).toBeNull();
    expect(other).toBeNull();
    expect(freed?.run.id).toBe('r1');
  });

  behaves('saving keeps what others asked of the run and ends the lease when done', async () => {
    await stage.created('r1');
    const { run, hold } = await stage.claimed('r1');
    await stage.write((tx) => requestCancel(tx, 'r1', 'closed'));
    await stage.write((tx) => requestCancel(tx, 'r1', 'commanded'));

    const testing = await stage.write((tx) => saveRun(tx, { ...run, phase: 'testing', baseSha: shaB }, hold));
    const done = await stage.write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));

    expect(testing).toMatchObject({ phase: 'testing', baseSha: shaB, cancel: 'closed' });
    expect(done).toMatchObject({ phase: 'done', lease: null, finishedAt: new Date(stage.now).toISOString() });
    expect(await liveRuns(stage.store)).toEqual([]);
    expect(await stage.write((tx) => requestCancel(tx, 'r1', 'closed'))).toBeNull();
    expect(await stage.write((tx) => claimRun(tx, 'r1', 'b'))).toBeNull();
  });

  behaves('text that a database refuses is stored with a replacement character', async () => {
    await stage.created('r1');
    const { run, hold } = await stage.claimed('r1');
    const hostile = 'nul \u0000 and half a pair \ud800';

    const saved = await stage.write((tx) =>
      saveRun(tx, { ...run, document: { ...run.document, reason: hostile, ...{ [hostile]: [hostile] } } }, hold),
    );
    await stage.write((tx) =>
      appendLog(tx, 'r1', [{ at: new Date(stage.now).toISOString(), source: 'web\u0000', line: hostile }]),
    );

    expect(saved?.document.reason).toBe('nul \uFFFD and half a pair \uFFFD');
    expect((await readLog(stage.store, 'r1'))[0]?.line).toBe('nul \uFFFD and half a pair \uFFFD');
  });
}
