import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { approvalOf, approvalsOf, approve, dropApprovals } from '../../src/store/approvals.ts';
import { requestCancel, watchCancel } from '../../src/store/cancel.ts';
import {
  changeById,
  changesOf,
  claimFirstComment,
  leaveFirstComment,
  lockChange,
  observeChange,
  rememberComment,
} from '../../src/store/changes.ts';
import { checkOf, rememberCheck, unconcludedChecks } from '../../src/store/checks.ts';
import { claimTeardown } from '../../src/store/claim-teardown.ts';
import { countAll } from '../../src/store/counts.ts';
import { acceptDelivery, claimDelivery, finishDelivery, unhandledDeliveries } from '../../src/store/deliveries.ts';
import { deliveryIntake } from '../../src/store/delivery-intake.ts';
import { keepEnvironment } from '../../src/store/keep.ts';
import { releaseRun } from '../../src/store/leases.ts';
import { appendLog, maxLogLines, readLog } from '../../src/store/run-log.ts';
import {
  forgetRuns,
  latestFinishedOn,
  liveRuns,
  newestGenerationOn,
  phaseOf,
  recentRuns,
  runById,
  runsFinishedBefore,
  runsOfSha,
} from '../../src/store/runs.ts';
import { saveRun } from '../../src/store/save-run.ts';

import { dueTeardowns, hastenTeardown, saveReceipt, teardownOf } from '../../src/store/teardowns.ts';
import { watchQueue } from '../../src/store/watch-queue.ts';
import { shaA, shaB } from './sample-run.ts';
import { type OpenStage, StoreStage } from './store-stage.ts';

const approvalOfA = { repository: 'acme/shop', sha: shaA, changeId: 'change-7' };
const gone = { status: 'gone' as const, durationMs: 900, resources: { created: 12, gone: 12 }, blockedBy: [] };

/** What every engine of the store does with what follows a run. */
export function describeAftermath(open: OpenStage): void {
  const stage = new StoreStage(open);
  const { behaves } = stage;
  let sequence = 0;

  behaves('a watcher learns of a cancel, and that a run is done', async () => {
    await stage.created('r1');
    await stage.finished('r2', { change: 8 });
    const watch = watchCancel(stage.store, 'r1', AbortSignal.timeout(20_000), 10);

    await stage.write((tx) => requestCancel(tx, 'r1', 'closed'));

    expect(await watch).toBe('closed');
    expect(await watchCancel(stage.store, 'r2', AbortSignal.timeout(20_000), 10)).toBeNull();
  });

  behaves('a teardown is due at the expiry, but not while somebody plays its run', async () => {
    await stage.created('r1');
    const { run, hold } = await stage.claimed('r1');
    await stage.write((tx) => saveRun(tx, { ...run, phase: 'provisioning' }, hold));
    await stage.write((tx) => releaseRun(tx, hold));
    const before = await dueTeardowns(stage.store, new Date(stage.now));
    stage.advance(2 * 3_600_000);
    const expired = await dueTeardowns(stage.store, new Date(stage.now));
    await stage.claimed('r1');

    const whilePlayed = await dueTeardowns(stage.store, new Date(stage.now));

    expect([before.length, expired.length, whilePlayed.length]).toEqual([0, 1, 0]);
    expect(await stage.write((tx) => claimTeardown(tx, 'r1', 'reaper'))).toBeNull();
  });

  behaves('one worker tears down; a blocked one is tried again later, a gone one never', async () => {
    await stage.finished('r1');
    await stage.write((tx) => hastenTeardown(tx, 'r1'));
    const mine = await stage.write((tx) => claimTeardown(tx, 'r1', 'a'));
    const others = await stage.write((tx) => claimTeardown(tx, 'r1', 'b'));
    const blocked = { ...gone, status: 'blocked' as const, blockedBy: ['pvc/data: finalizer storage.example/keep'] };
    await stage.write((tx) => saveReceipt(tx, 'r1', blocked, new Date(stage.now + 60_000)));
    const tooEarly = await dueTeardowns(stage.store, new Date(stage.now));
    stage.advance(60_000);
    const again = await stage.write((tx) => claimTeardown(tx, 'r1', 'b'));
    await stage.write((tx) => saveReceipt(tx, 'r1', { ...gone, list: ['namespace/gr-r1'] }, new Date(stage.now)));

    const last = await stage.write((tx) => claimTeardown(tx, 'r1', 'b'));

    expect([mine?.teardown.attempts, others, tooEarly, again?.teardown.attempts, last]).toEqual([1, null, [], 2, null]);
    expect((await runById(stage.store, 'r1'))?.document.teardown).toEqual(gone);
    expect((await teardownOf(stage.store, 'r1'))?.receipt).toMatchObject({ list: ['namespace/gr-r1'] });
    expect(await stage.write((tx) => hastenTeardown(tx, 'r1'))).toBe(false);
  });

  behaves('keeping an environment moves its expiry and its teardown', async () => {
    await stage.finished('r1');
    const until = new Date(stage.now + 4 * 3_600_000);

    const kept = await stage.write((tx) => keepEnvironment(tx, 'r1', { forMs: 4 * 3_600_000, mostMs: 8 * 3_600_000 }));

    expect(kept?.run).toMatchObject({ keepUntil: until.toISOString(), expiresAt: until.toISOString() });
    expect((await teardownOf(stage.store, 'r1'))?.dueAt).toBe(until.toISOString());
  });

  behaves('an older generation never speaks after a newer one on the same commit', async () => {
    const check = { repository: 'acme/shop', sha: shaA, name: 'greenroom', forgeId: '9', changeId: 'change-7' };
    const words = [
      await stage.write((tx) => rememberCheck(tx, { ...check, runId: 'r1', generation: 1, conclusion: null })),
      await stage.write((tx) => rememberCheck(tx, { ...check, runId: 'r2', generation: 2, conclusion: 'success' })),
      await stage.write((tx) => rememberCheck(tx, { ...check, runId: 'r1', generation: 1, conclusion: 'cancelled' })),
    ];

    expect(words).toEqual([true, true, false]);
    expect(await checkOf(stage.store, check)).toMatchObject({
      runId: 'r2',
      conclusion: 'success',
    });
    expect(await unconcludedChecks(stage.store)).toEqual([]);
  });

  behaves('one replica at a time makes the first comment of a change, and none once there is one', async () => {
    await stage.write((tx) => lockChange(tx, { id: 'change-7', repository: 'acme/shop', number: 7 }));
    const claim = async () => (await stage.write((tx) => claimFirstComment(tx, 'change-7'))) !== null;

    const atOnce = [await claim(), await claim()];
    stage.now += 31_000;
    const later = await claim();
    await stage.write((tx) => rememberComment(tx, 'change-7', { commentId: '1001', generation: 1, said: null }));
    stage.now += 31_000;

    expect([...atOnce, later, await claim()]).toEqual([true, false, true, false]);
  });

  behaves(
    'a claim on the first comment that is given back is free at once, and nobody gives back another one',
    async () => {
      await stage.write((tx) => lockChange(tx, { id: 'change-7', repository: 'acme/shop', number: 7 }));
      const claim = () => stage.write((tx) => claimFirstComment(tx, 'change-7'));
      const leave = (until: Date | null) =>
        stage.write((tx) => leaveFirstComment(tx, 'change-7', until ?? new Date(Number.NaN)));

      const first = await claim();
      await leave(first);
      stage.now += 1_000;
      const second = await claim();
      await leave(first);

      expect([first !== null, second !== null, await claim()]).toEqual([true, true, null]);
      expect(await changeById(stage.store, 'change-7')).toMatchObject({ isCommentBegun: true });
    },
  );

  behaves('the comment of a change is remembered', async () => {
    await stage.write((tx) => lockChange(tx, { id: 'change-7', repository: 'acme/shop', number: 7 }));
    await stage.write((tx) => rememberComment(tx, 'change-7', { commentId: '1001', generation: 1, said: null }));

    expect(await changesOf(stage.store, 'acme/shop')).toMatchObject([{ commentId: '1001', generation: 0 }]);
  });

  behaves('a commit of a fork that may run may not go without its gate for that, nor the other way round', async () => {
    const commit = { repository: 'acme/shop', headSha: shaA, changeId: 'change-7' };
    await stage.write((tx) => approve(tx, { ...approvalOfA, kind: 'fork', approvedBy: 'maintainer' }));
    await stage.write((tx) => approve(tx, { ...approvalOfA, kind: 'fork', approvedBy: 'a second one' }));
    const first = await approvalsOf(stage.store, commit);
    await stage.write((tx) => approve(tx, { ...approvalOfA, kind: 'gate', approvedBy: 'owner' }));

    expect([first, await approvalsOf(stage.store, commit)]).toEqual([
      { fork: 'maintainer', gate: null },
      { fork: 'maintainer', gate: 'owner' },
    ]);
    expect(await approvalOf(stage.store, 'acme/shop', shaB, 'change-7')).toBeNull();
  });

  behaves('a push drops what was approved of the change before, and nothing of another change', async () => {
    const kinds = ['fork', 'gate'] as const;
    for (const kind of kinds) await stage.write((tx) => approve(tx, { ...approvalOfA, kind, approvedBy: 'owner' }));
    await stage.write((tx) => approve(tx, { ...approvalOfA, changeId: 'change-8', kind: 'fork', approvedBy: 'owner' }));
    await stage.write((tx) => dropApprovals(tx, 'change-7', shaA));
    const kept = await approvalsOf(stage.store, { ...approvalOfA, headSha: shaA });
    await stage.write((tx) => dropApprovals(tx, 'change-7', shaB));

    expect(kept).toEqual({ fork: 'owner', gate: 'owner' });
    expect(await approvalsOf(stage.store, { ...approvalOfA, headSha: shaA })).toEqual({ fork: null, gate: null });
    expect((await approvalsOf(stage.store, { ...approvalOfA, headSha: shaA, changeId: 'change-8' })).fork).toBe(
      'owner',
    );
  });

  behaves('another base drops what was approved under the one before', async () => {
    const commit = { ...approvalOfA, headSha: shaA };
    const seen = { closed: false, draft: false };
    await stage.write((tx) => lockChange(tx, { id: 'change-7', repository: 'acme/shop', number: 7 }));
    await stage.write((tx) => approve(tx, { ...approvalOfA, kind: 'fork', approvedBy: 'owner' }));
    const kept = [];
    for (const baseRef of ['main', 'main', 'lax', 'main']) {
      await stage.write((tx) => observeChange(tx, 'change-7', { ...seen, baseRef }));
      kept.push((await approvalsOf(stage.store, commit)).fork);
    }

    expect(kept).toEqual(['owner', 'owner', null, null]);
  });

  behaves('a log keeps its newest lines, in order, and reads on from where one was', async () => {
    await stage.created('r1');
    const lines = Array.from({ length: maxLogLines + 30 }, (_, index) => ({
      at: new Date(stage.now).toISOString(),
      source: 'greenroom',
      line: `line ${index}`,
    }));
    await stage.write((tx) => appendLog(tx, 'r1', lines.slice(0, 40)));
    await stage.write((tx) => appendLog(tx, 'r1', lines.slice(40)));
    const kept = await readLog(stage.store, 'r1');
    await stage.write((tx) =>
      appendLog(tx, 'r1', [{ at: new Date(stage.now).toISOString(), source: 'load', line: 'x'.repeat(9_000) }]),
    );

    const more = await readLog(stage.store, 'r1', { afterSeq: kept.at(-1)?.seq ?? 0 });

    expect(kept).toHaveLength(maxLogLines);
    expect([kept[0]?.line, kept.at(-1)?.line]).toEqual(['line 30', `line ${maxLogLines + 29}`]);
    expect(more).toHaveLength(1);
    expect(more[0]?.line.length).toBeLessThan(2_100);
  });

  behaves('lists are newest first, and runs of one commit are the newest of each change', async () => {
    await stage.finished('r1');
    stage.advance(1_000);
    await stage.created('r2');
    stage.advance(1_000);
    await stage.created('r3', { change: 8 });

    const recent = await recentRuns(stage.store, 2);
    const older = await recentRuns(stage.store, 2, recent.at(-1)?.createdAt);

    expect([recent, older].map((runs) => runs.map((run) => run.id))).toEqual([['r3', 'r2'], ['r1']]);
    expect((await runsOfSha(stage.store, 'acme/shop', shaA)).map((run) => run.id)).toEqual(['r2', 'r3']);
    const newest = ['change-7', 'change-8', 'change-9'].map((id) => newestGenerationOn(stage.store, id, shaA));
    expect(await Promise.all(newest)).toEqual([2, 1, 0]);
    expect(await Promise.all(['r1', 'r2', 'r4'].map((id) => phaseOf(stage.store, id)))).toEqual([
      'done',
      'queued',
      null,
    ]);
    expect((await latestFinishedOn(stage.store, 'acme/shop', shaA))?.id).toBe('r1');
    expect((await liveRuns(stage.store, 'change-7')).map((run) => run.id)).toEqual(['r2']);
  });

  behaves('forgetting takes finished runs whose environment is gone, and nothing else', async () => {
    await stage.finished('torn-down');
    await stage.write((tx) => saveReceipt(tx, 'torn-down', gone, new Date(stage.now)));
    await stage.finished('still-there', { change: 8 });
    await stage.created('live', { change: 9 });

    const before = new Date(stage.now + 1);
    const forgotten = await runsFinishedBefore(stage.store, before);
    await stage.write((tx) => forgetRuns(tx, forgotten, before));

    expect(forgotten).toEqual(['torn-down']);
    expect((await recentRuns(stage.store)).map((run) => run.id).sort()).toEqual(['live', 'still-there']);
  });

  behaves('the counts tell what waits', async () => {
    await acceptDelivery(stage.store, stage.delivery('d1'));
    await stage.created('r1');
    await stage.finished('r2', { change: 8 });
    await stage.write((tx) => hastenTeardown(tx, 'r2'));
    stage.advance(3_000);

    const counts = await countAll(stage.store, new Date(stage.now));

    expect(counts).toEqual({
      unhandledDeliveries: 1,
      oldestDeliverySeconds: 3,
      queuedRuns: 1,
      liveRuns: 1,
      environments: 2,
      dueTeardowns: 1,
      blockedTeardowns: 0,
      oldestBlockedSeconds: 0,
      teardownAttempts: 0,
    });
  });

  behaves('a queue is woken by commits and by rows, and hands out an id to one at a time', async () => {
    const stop = new AbortController();
    const handled: string[] = [];
    let running = 0;
    let most = 0;
    await acceptDelivery(stage.store, stage.delivery(`left-over-${sequence++}`));

    const watch = watchQueue(
      stage.store,
      {
        queue: 'deliveries',
        concurrency: 2,
        // Wake-ups and the drained backlog must do it, not the poll.
        pollMs: 60_000,
        pending: (at) => unhandledDeliveries(stage.store, at),
        handle: async (id) => {
          if ((await stage.write((tx) => claimDelivery(tx, id, 15_000))) === null) return;
          running += 1;
          most = Math.max(most, running);
          await sleep(5);
          await stage.write((tx) => finishDelivery(tx, id));
          handled.push(id);
          running -= 1;
        },
      },
      stop.signal,
      silentLog(),
    );
    const accept = deliveryIntake(stage.store);
    await Promise.all(Array.from({ length: 150 }, (_, index) => accept(stage.delivery(`q${index}`))));
    for (let tries = 0; tries < 1_200 && handled.length < 151; tries++) await sleep(25);
    stop.abort();
    await watch;

    expect(new Set(handled).size).toBe(151);
    expect(handled).toHaveLength(151);
    expect(most).toBeLessThanOrEqual(2);
  });
}
