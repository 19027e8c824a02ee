import { describe, expect } from 'vitest';
import { requestCancel } from '../../src/store/cancel.ts';
import { claimTeardown } from '../../src/store/claim-teardown.ts';
import { keepEnvironment, keepWishOf, recordKept } from '../../src/store/keep.ts';
import { runById } from '../../src/store/runs.ts';
import { saveRun } from '../../src/store/save-run.ts';
import { dueTeardowns, hastenTeardown, teardownOf } from '../../src/store/teardowns.ts';
import { type OpenStage, StoreStage } from './store-stage.ts';

const hourMs = 3_600_000;

/** What keeping an environment promises, and what takes the promise back, on whatever engine `open` opens. */
export function describeKept(open: OpenStage): void {
  describe('an environment that somebody asked to keep', () => {
    const stage = new StoreStage(open);
    const { behaves, write, created, claimed, advance } = stage;
    const until = () => new Date(stage.now + 4 * hourMs);
    const due = async () => (await dueTeardowns(stage.store, await stage.store.now())).map((one) => one.runId);
    const played = async (id: string) => {
      await created(id);
      const { run, hold } = await claimed(id);
      await write((tx) => saveRun(tx, { ...run, phase: 'teardown' }, hold));
      await write((tx) => keepEnvironment(tx, id, { forMs: 4 * hourMs, mostMs: 8 * hourMs }));
      return { run, hold };
    };

    behaves('is kept once its run is over', async () => {
      const { hold } = await played('r1');

      expect(await write((tx) => recordKept(tx, hold, until()))).toBe(true);
      expect(await teardownOf(stage.store, 'r1')).toMatchObject({ state: 'kept', dueAt: until().toISOString() });
    });

    behaves('is not kept when its run is cancelled before', async () => {
      const { hold } = await played('r1');
      await write((tx) => requestCancel(tx, 'r1', 'closed'));

      expect((await runById(stage.store, 'r1'))?.keepUntil).toBeNull();
      expect(await write((tx) => recordKept(tx, hold, until()))).toBe(false);
    });

    behaves('goes when its run is cancelled between its keeping and its end', async () => {
      const { run, hold } = await played('r1');
      await write((tx) => recordKept(tx, hold, until()));
      await write((tx) => requestCancel(tx, 'r1', 'closed'));
      await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));

      expect(await due()).toEqual(['r1']);
    });

    behaves('goes when a newer run takes the place of its own', async () => {
      const { run, hold } = await played('r1');
      await write((tx) => recordKept(tx, hold, until()));
      await created('r2');
      await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));

      expect(await due()).toEqual(['r1']);
    });

    behaves('stands no longer after its creation than the operator allows, however often that is asked', async () => {
      const { run, hold } = await played('r1');
      await stage.store.db
        .updateTable('runs')
        .set({ admitted_at: new Date(stage.now) })
        .where('id', '=', 'r1')
        .execute();
      await write((tx) => recordKept(tx, hold, until()));
      await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));
      const end = stage.now + 8 * hourMs;
      advance(3 * hourMs);

      const kept = await write((tx) => keepEnvironment(tx, 'r1', { forMs: 6 * hourMs, mostMs: 8 * hourMs }));

      const until_ = new Date(end).toISOString();
      expect(kept).toMatchObject({ until: end, longestMs: 8 * hourMs });
      expect(await teardownOf(stage.store, 'r1')).toMatchObject({ state: 'kept', dueAt: until_ });
      expect((await runById(stage.store, 'r1'))?.document.teardown.kept).toEqual({
        until: until_,
        longestMs: 8 * hourMs,
      });
    });

    behaves('is not kept any more once its teardown is under way', async () => {
      const { run, hold } = await played('r1');
      await write((tx) => recordKept(tx, hold, until()));
      await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));
      await write((tx) => hastenTeardown(tx, 'r1'));
      await write((tx) => claimTeardown(tx, 'r1', 'reaper'));

      expect(await write((tx) => keepEnvironment(tx, 'r1', { forMs: hourMs, mostMs: 8 * hourMs }))).toBeNull();
    });

    behaves('is kept by nobody whose fence is old', async () => {
      const { hold } = await played('r1');

      expect(await write((tx) => recordKept(tx, { ...hold, fence: hold.fence - 1 }, until()))).toBe(false);
    });

    behaves('asked for while its run goes on takes nothing from that run', async () => {
      await created('r1');
      const before = await runById(stage.store, 'r1');

      await write((tx) => keepEnvironment(tx, 'r1', { forMs: 60_000, mostMs: 8 * hourMs }));

      expect((await runById(stage.store, 'r1'))?.expiresAt).toBe(before?.expiresAt);
      expect(await keepWishOf(stage.store, 'r1')).toEqual({ forMs: 60_000, bornAt: null });
    });

    behaves('is not torn down while its run still waits for its turn, however long that takes', async () => {
      await created('r1');
      advance(48 * 3_600_000);

      expect(await due()).toEqual([]);
    });
  });
}
