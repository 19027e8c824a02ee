import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Delivery } from '../../src/event/event.ts';
import { silentLog } from '../../src/log.ts';
import { approvalOf, approve } from '../../src/store/approvals.ts';
import { requestCancel, watchCancel } from '../../src/store/cancel.ts';
import { changeById, changesOf, lockChange, rememberComment } from '../../src/store/changes.ts';
import { checkOf, rememberCheck, unconcludedChecks } from '../../src/store/checks.ts';
import { countAll } from '../../src/store/counts.ts';
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
import { appendLog, maxLogLines, readLog } from '../../src/store/run-log.ts';
import {
  forgetBefore,
  keepEnvironment,
  latestFinishedRuns,
  liveRuns,
  recentRuns,
  runById,
  runsOfChange,
  runsOfSha,
} from '../../src/store/runs.ts';
import { saveRun } from '../../src/store/save-run.ts';
import type { Store, Tx } from '../../src/store/store.ts';
import { claimTeardown, dueTeardowns, hastenTeardown, saveReceipt, teardownOf } from '../../src/store/teardowns.ts';
import { watchQueue } from '../../src/store/watch-queue.ts';
import { shaA, shaB, wantedRun } from './sample-run.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const gone = { status: 'gone' as const, durationMs: 900, resources: { created: 12, gone: 12 }, blockedBy: [] };

/** One set of behaviours that every engine of the store has; each test starts with empty tables. */
export function describeStore(open: (clock: () => Date) => Promise<Store>): void {
  let store: Store;
  let now = start;
  let sequence = 0;
  const advance = (ms: number) => {
    now += ms;
  };
  const write = <T>(work: (tx: Tx) => Promise<T>) => store.transaction(work);
  const empty = async () => {
    now = start;
    for (const table of ['deliveries', 'comments', 'checks', 'approvals', 'runs', 'changes'] as const) {
      await store.db.deleteFrom(table).execute();
    }
  };
  const behaves = (title: string, body: () => Promise<void>) =>
    test(title, async () => {
      await empty();
      await body();
    });
  const delivery = (id: string): Delivery => ({
    id,
    forge: 'github',
    name: 'ping',
    receivedAt: new Date(now).toISOString(),
    event: { kind: 'other', name: 'ping', why: 'not for us' },
  });
  const claimed = async (runId: string, owner = 'a') => {
    const claim = await write((tx) => claimRun(tx, runId, owner));
    if (claim === null) throw new Error(`nobody could claim ${runId}`);
    return claim;
  };
  const created = (id: string, over = {}) => write((tx) => createRun(tx, wantedRun(id, over)));
  const finished = async (id: string, over = {}) => {
    await created(id, over);
    const { run, hold } = await claimed(id);
    const saved = await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));
    return saved;
  };

  beforeAll(async () => {
    store = await open(() => new Date(now));
  });
  afterAll(async () => {
    await store?.close();
  });

  behaves('a redelivered id is known and stored once', async () => {
    const first = await acceptDelivery(store, delivery('d1'));
    const second = await acceptDelivery(store, delivery('d1'));

    expect([first, second]).toEqual(['new', 'known']);
    expect(await unhandledDeliveries(store, new Date(now))).toEqual(['d1']);
  });

  behaves('deliveries that come at once share a transaction, and each learns its own fate', async () => {
    await acceptDelivery(store, delivery('known'));
    const accept = deliveryIntake(store);

    const answers = await Promise.all(['a', 'known', 'b', 'a'].map((id) => accept(delivery(id))));
    const refused = await Promise.allSettled(
      ['c', 'd', 'e'].map((id) => accept({ ...delivery(id), name: id === 'd' ? 'nul \u0000' : 'ping' })),
    );

    expect(answers).toEqual(['new', 'known', 'new', 'known']);
    expect(refused.map((each) => each.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await unhandledDeliveries(store, new Date(now))).sort()).toEqual(['a', 'b', 'c', 'e', 'known']);
  });

  behaves('a delivery is handled by one worker at a time and finished once', async () => {
    await acceptDelivery(store, delivery('d1'));

    const [mine, others] = [
      await write((tx) => claimDelivery(tx, 'd1', 15_000)),
      await write((tx) => claimDelivery(tx, 'd1', 15_000)),
    ];
    const finishes = [await write((tx) => finishDelivery(tx, 'd1')), await write((tx) => finishDelivery(tx, 'd1'))];

    expect(mine).toMatchObject({ ...delivery('d1'), attempts: 1 });
    expect(others).toBeNull();
    expect(finishes).toEqual([true, false]);
    expect(await unhandledDeliveries(store, new Date(now))).toEqual([]);
  });

  behaves('a delivery whose worker died or gave it back is offered again', async () => {
    await acceptDelivery(store, delivery('d1'));
    await write((tx) => claimDelivery(tx, 'd1', 15_000));
    const whileHeld = await unhandledDeliveries(store, new Date(now));
    advance(15_000);
    const afterDeath = await unhandledDeliveries(store, new Date(now));
    await write((tx) => claimDelivery(tx, 'd1', 15_000));
    await write((tx) => postponeDelivery(tx, 'd1', new Date(now + 5_000), 'forge unreachable'));
    advance(5_000);

    const again = await write((tx) => claimDelivery(tx, 'd1', 15_000));

    expect([whileHeld, afterDeath]).toEqual([[], ['d1']]);
    expect(again?.attempts).toBe(3);
  });

  behaves('a command is claimed once per comment id', async () => {
    const claims = [
      await write((tx) => claimComment(tx, 'acme/shop', '42')),
      await write((tx) => claimComment(tx, 'acme/shop', '42')),
      await write((tx) => claimComment(tx, 'acme/other', '42')),
    ];

    expect(claims).toEqual([true, false, true]);
  });

  behaves('a run, its expiry and its teardown commit together', async () => {
    const { run, superseded } = await created('r1');

    expect(run).toMatchObject({ id: 'r1', generation: 1, phase: 'queued', cancel: null, lease: null });
    expect(superseded).toEqual([]);
    expect(await teardownOf(store, 'r1')).toMatchObject({
      runId: 'r1',
      state: 'promised',
      dueAt: run.expiresAt,
      environmentName: 'gr-r1',
    });
    expect(await changeById(store, 'change-7')).toMatchObject({ generation: 1, headSha: shaA });
  });

  behaves('nothing of a run exists when its transaction fails', async () => {
    const work = write(async (tx) => {
      await createRun(tx, wantedRun('r1'));
      throw new Error('the process has second thoughts');
    });

    await expect(work).rejects.toThrow('second thoughts');
    expect(await runById(store, 'r1')).toBeNull();
    expect(await teardownOf(store, 'r1')).toBeNull();
    expect(await changeById(store, 'change-7')).toBeNull();
  });

  behaves('what runs beside a transaction is not drawn into it', async () => {
    let beside: Promise<unknown> = Promise.resolve();
    const failing = write(async (tx) => {
      await claimComment(tx, 'acme/shop', '1');
      beside = acceptDelivery(store, delivery('beside'));
      await sleep(20);
      throw new Error('rolled back');
    });

    await expect(failing).rejects.toThrow('rolled back');
    expect(await beside).toBe('new');
    expect(await unhandledDeliveries(store, new Date(now))).toEqual(['beside']);
    expect(await write((tx) => claimComment(tx, 'acme/shop', '1'))).toBe(true);
  });

  behaves('a newer run supersedes the live ones of its change and of no other', async () => {
    await created('r1');
    await created('other', { change: 8 });

    const second = await created('r2', { headSha: shaB });

    expect(second.run.generation).toBe(2);
    expect(second.superseded.map((run) => run.id)).toEqual(['r1']);
    expect(await runById(store, 'r1')).toMatchObject({ cancel: 'superseded', supersededBy: 'r2' });
    expect(await runById(store, 'other')).toMatchObject({ cancel: null, supersededBy: null });
  });

  behaves('runs wanted at the same time get generations in a row', async () => {
    const ids = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6'];

    await Promise.all(ids.map((id) => created(id)));

    const runs = await runsOfChange(store, 'change-7');
    expect(runs.map((run) => run.generation)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(runs.filter((run) => run.cancel === null)).toHaveLength(1);
    expect(runs[0]?.cancel).toBeNull();
  });

  behaves('one worker plays a run; another takes over once the lease and a last request are over', async () => {
    await created('r1');
    const mine = await claimed('r1', 'a');
    const early = await write((tx) => claimRun(tx, 'r1', 'b'));
    advance(24_999);
    const stillEarly = await write((tx) => claimRun(tx, 'r1', 'b'));
    const waiting = await claimableRuns(store, new Date(now));
    advance(1);

    const theirs = await claimed('r1', 'b');

    expect([early, stillEarly, waiting]).toEqual([null, null, []]);
    expect(theirs.hold.fence).toBe(mine.hold.fence + 1);
  });

  behaves('a frozen owner that wakes after a take-over can neither save nor renew nor release', async () => {
    await created('r1');
    const frozen = await claimed('r1', 'a');
    advance(25_000);
    const taken = await claimed('r1', 'b');

    const saved = await write((tx) => saveRun(tx, { ...frozen.run, phase: 'testing' }, frozen.hold));
    const renewed = await write((tx) => renewLease(tx, frozen.hold));
    await write((tx) => releaseRun(tx, frozen.hold));

    expect([saved, renewed]).toEqual([null, null]);
    expect(await runById(store, 'r1')).toMatchObject({ phase: 'queued', lease: { owner: 'b' } });
    expect(await write((tx) => renewLease(tx, taken.hold))).not.toBeNull();
  });

  behaves('a released run is free at once, a renewed one stays held', async () => {
    await created('r1');
    const { hold } = await claimed('r1', 'a');
    advance(14_000);
    const renewed = await write((tx) => renewLease(tx, hold));
    advance(20_000);
    const other = await write((tx) => claimRun(tx, 'r1', 'b'));
    await write((tx) => releaseRun(tx, hold));

    const freed = await write((tx) => claimRun(tx, 'r1', 'b'));

    expect(renewed?.cancel).toBeNull();
    expect(other).toBeNull();
    expect(freed?.run.id).toBe('r1');
  });

  behaves('saving keeps what others asked of the run and ends the lease when done', async () => {
    await created('r1');
    const { run, hold } = await claimed('r1');
    await write((tx) => requestCancel(tx, 'r1', 'closed'));
    await write((tx) => requestCancel(tx, 'r1', 'commanded'));

    const testing = await write((tx) => saveRun(tx, { ...run, phase: 'testing', baseSha: shaB }, hold));
    const done = await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));

    expect(testing).toMatchObject({ phase: 'testing', baseSha: shaB, cancel: 'closed' });
    expect(done).toMatchObject({ phase: 'done', lease: null, finishedAt: new Date(now).toISOString() });
    expect(await liveRuns(store)).toEqual([]);
    expect(await write((tx) => requestCancel(tx, 'r1', 'closed'))).toBeNull();
    expect(await write((tx) => claimRun(tx, 'r1', 'b'))).toBeNull();
  });

  behaves('text that a database refuses is stored with a replacement character', async () => {
    await created('r1');
    const { run, hold } = await claimed('r1');
    const hostile = 'nul \u0000 and half a pair \ud800';

    const saved = await write((tx) =>
      saveRun(tx, { ...run, document: { ...run.document, reason: hostile, ...{ [hostile]: [hostile] } } }, hold),
    );
    await write((tx) => appendLog(tx, 'r1', [{ at: new Date(now).toISOString(), source: 'web\u0000', line: hostile }]));

    expect(saved?.document.reason).toBe('nul \uFFFD and half a pair \uFFFD');
    expect((await readLog(store, 'r1'))[0]?.line).toBe('nul \uFFFD and half a pair \uFFFD');
  });

  behaves('a watcher learns of a cancel, and that a run is done', async () => {
    await created('r1');
    await finished('r2', { change: 8 });
    const watch = watchCancel(store, 'r1', AbortSignal.timeout(20_000), 10);

    await write((tx) => requestCancel(tx, 'r1', 'closed'));

    expect(await watch).toBe('closed');
    expect(await watchCancel(store, 'r2', AbortSignal.timeout(20_000), 10)).toBeNull();
  });

  behaves('a teardown is due at the expiry, but not while somebody plays its run', async () => {
    await created('r1');
    const before = await dueTeardowns(store, new Date(now));
    advance(2 * 3_600_000);
    const expired = await dueTeardowns(store, new Date(now));
    await claimed('r1');

    const whilePlayed = await dueTeardowns(store, new Date(now));

    expect([before.length, expired.length, whilePlayed.length]).toEqual([0, 1, 0]);
    expect(await write((tx) => claimTeardown(tx, 'r1', 'reaper'))).toBeNull();
  });

  behaves('one worker tears down; a blocked one is tried again later, a gone one never', async () => {
    await finished('r1');
    await write((tx) => hastenTeardown(tx, 'r1'));
    const mine = await write((tx) => claimTeardown(tx, 'r1', 'a'));
    const others = await write((tx) => claimTeardown(tx, 'r1', 'b'));
    const blocked = { ...gone, status: 'blocked' as const, blockedBy: ['pvc/data: finalizer storage.example/keep'] };
    await write((tx) => saveReceipt(tx, 'r1', blocked, new Date(now + 60_000)));
    const tooEarly = await dueTeardowns(store, new Date(now));
    advance(60_000);
    const again = await write((tx) => claimTeardown(tx, 'r1', 'b'));
    await write((tx) => saveReceipt(tx, 'r1', { ...gone, list: ['namespace/gr-r1'] }, new Date(now)));

    const last = await write((tx) => claimTeardown(tx, 'r1', 'b'));

    expect([mine?.attempts, others, tooEarly, again?.attempts, last]).toEqual([1, null, [], 2, null]);
    expect((await runById(store, 'r1'))?.document.teardown).toEqual(gone);
    expect((await teardownOf(store, 'r1'))?.receipt).toMatchObject({ list: ['namespace/gr-r1'] });
    expect(await write((tx) => hastenTeardown(tx, 'r1'))).toBe(false);
  });

  behaves('keeping an environment moves its expiry and its teardown', async () => {
    await finished('r1');
    const until = new Date(now + 4 * 3_600_000);

    const kept = await write((tx) => keepEnvironment(tx, 'r1', until));

    expect(kept).toMatchObject({ keepUntil: until.toISOString(), expiresAt: until.toISOString() });
    expect((await teardownOf(store, 'r1'))?.dueAt).toBe(until.toISOString());
  });

  behaves('an older generation never speaks after a newer one on the same commit', async () => {
    const check = { repository: 'acme/shop', sha: shaA, name: 'greenroom', forgeId: '9', changeId: 'change-7' };
    const words = [
      await write((tx) => rememberCheck(tx, { ...check, runId: 'r1', generation: 1, conclusion: null })),
      await write((tx) => rememberCheck(tx, { ...check, runId: 'r2', generation: 2, conclusion: 'success' })),
      await write((tx) => rememberCheck(tx, { ...check, runId: 'r1', generation: 1, conclusion: 'cancelled' })),
    ];

    expect(words).toEqual([true, true, false]);
    expect(await checkOf(store, 'acme/shop', shaA, 'greenroom')).toMatchObject({ runId: 'r2', conclusion: 'success' });
    expect(await unconcludedChecks(store)).toEqual([]);
  });

  behaves('the comment of a change and an approval of a commit are remembered', async () => {
    await write((tx) => lockChange(tx, { id: 'change-7', repository: 'acme/shop', number: 7 }));
    await write((tx) => rememberComment(tx, 'change-7', '1001'));
    await write((tx) =>
      approve(tx, { repository: 'acme/shop', sha: shaA, changeId: 'change-7', approvedBy: 'maintainer' }),
    );

    expect(await changesOf(store, 'acme/shop')).toMatchObject([{ commentId: '1001', generation: 0 }]);
    expect((await approvalOf(store, 'acme/shop', shaA, 'change-7'))?.approvedBy).toBe('maintainer');
    expect(await approvalOf(store, 'acme/shop', shaB, 'change-7')).toBeNull();
  });

  behaves('a log keeps its newest lines, in order, and reads on from where one was', async () => {
    await created('r1');
    const lines = Array.from({ length: maxLogLines + 30 }, (_, index) => ({
      at: new Date(now).toISOString(),
      source: 'greenroom',
      line: `line ${index}`,
    }));
    await write((tx) => appendLog(tx, 'r1', lines.slice(0, 40)));
    await write((tx) => appendLog(tx, 'r1', lines.slice(40)));
    const kept = await readLog(store, 'r1');
    await write((tx) =>
      appendLog(tx, 'r1', [{ at: new Date(now).toISOString(), source: 'load', line: 'x'.repeat(9_000) }]),
    );

    const more = await readLog(store, 'r1', { afterSeq: kept.at(-1)?.seq ?? 0 });

    expect(kept).toHaveLength(maxLogLines);
    expect([kept[0]?.line, kept.at(-1)?.line]).toEqual(['line 30', `line ${maxLogLines + 29}`]);
    expect(more).toHaveLength(1);
    expect(more[0]?.line.length).toBeLessThan(2_100);
  });

  behaves('lists are newest first, and runs of one commit are the newest of each change', async () => {
    await finished('r1');
    advance(1_000);
    await created('r2');
    advance(1_000);
    await created('r3', { change: 8 });

    const recent = await recentRuns(store, 2);
    const older = await recentRuns(store, 2, recent.at(-1)?.createdAt);

    expect([recent, older].map((runs) => runs.map((run) => run.id))).toEqual([['r3', 'r2'], ['r1']]);
    expect((await runsOfSha(store, 'acme/shop', shaA)).map((run) => run.id)).toEqual(['r2', 'r3']);
    expect((await latestFinishedRuns(store, { sha: shaA })).map((run) => run.id)).toEqual(['r1']);
    expect((await liveRuns(store, 'change-7')).map((run) => run.id)).toEqual(['r2']);
  });

  behaves('forgetting takes finished runs whose environment is gone, and nothing else', async () => {
    await finished('torn-down');
    await write((tx) => saveReceipt(tx, 'torn-down', gone, new Date(now)));
    await finished('still-there', { change: 8 });
    await created('live', { change: 9 });

    const forgotten = await write((tx) => forgetBefore(tx, new Date(now + 1)));

    expect(forgotten).toEqual(['torn-down']);
    expect((await recentRuns(store)).map((run) => run.id).sort()).toEqual(['live', 'still-there']);
  });

  behaves('the counts tell what waits', async () => {
    await acceptDelivery(store, delivery('d1'));
    await created('r1');
    await finished('r2', { change: 8 });
    await write((tx) => hastenTeardown(tx, 'r2'));
    advance(3_000);

    const counts = await countAll(store, new Date(now));

    expect(counts).toEqual({
      unhandledDeliveries: 1,
      oldestDeliverySeconds: 3,
      queuedRuns: 1,
      liveRuns: 1,
      environments: 2,
      dueTeardowns: 1,
      blockedTeardowns: 0,
    });
  });

  behaves('a queue is woken by commits and by rows, and hands out an id to one at a time', async () => {
    const stop = new AbortController();
    const handled: string[] = [];
    let running = 0;
    let most = 0;
    await acceptDelivery(store, delivery(`left-over-${sequence++}`));

    const watch = watchQueue(
      store,
      {
        queue: 'deliveries',
        concurrency: 2,
        // Wake-ups and the drained backlog must do it, not the poll.
        pollMs: 60_000,
        pending: (at) => unhandledDeliveries(store, at),
        handle: async (id) => {
          if ((await write((tx) => claimDelivery(tx, id, 15_000))) === null) return;
          running += 1;
          most = Math.max(most, running);
          await sleep(5);
          await write((tx) => finishDelivery(tx, id));
          handled.push(id);
          running -= 1;
        },
      },
      stop.signal,
      silentLog(),
    );
    const accept = deliveryIntake(store);
    await Promise.all(Array.from({ length: 150 }, (_, index) => accept(delivery(`q${index}`))));
    for (let tries = 0; tries < 1_200 && handled.length < 151; tries++) await sleep(25);
    stop.abort();
    await watch;

    expect(new Set(handled).size).toBe(151);
    expect(handled).toHaveLength(151);
    expect(most).toBeLessThanOrEqual(2);
  });
}
