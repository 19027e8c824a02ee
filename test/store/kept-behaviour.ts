import { describe, expect } from 'vitest';
import { requestCancel } from '../../src/store/cancel.ts';
import { keepEnvironment, runById } from '../../src/store/runs.ts';
import { saveRun } from '../../src/store/save-run.ts';
import { dueTeardowns, recordKept, teardownOf } from '../../src/store/teardowns.ts';
import { type OpenStage, StoreStage } from './store-stage.ts';

/** What keeping an environment promises, and what takes the promise back, on whatever engine `open` opens. */
export function describeKept(open: OpenStage): void {
  describe('an environment that somebody asked to keep', () => {
    const stage = new StoreStage(open);
    const { behaves, write, created, claimed, advance } = stage;
    const until = () => new Date(stage.now + 4 * 3_600_000);
    const due = async () => (await dueTeardowns(stage.store, await stage.store.now())).map((one) => one.runId);
    const played = async (id: string) => {
      await created(id);
      const { run, hold } = await claimed(id);
      await write((tx) => saveRun(tx, { ...run, phase: 'teardown' }, hold));
      await write((tx) => keepEnvironment(tx, id, until()));
      return { run, hold };
    };

    behaves('is kept once its run is over', async () => {
      await played('r1');

      expect(await write((tx) => recordKept(tx, 'r1', until()))).toBe(true);
      expect(await teardownOf(stage.store, 'r1')).toMatchObject({ state: 'kept', dueAt: until().toISOString() });
    });

    behaves('is not kept when its run is cancelled before', async () => {
      await played('r1');
      await write((tx) => requestCancel(tx, 'r1', 'closed'));

      expect((await runById(stage.store, 'r1'))?.keepUntil).toBeNull();
      expect(await write((tx) => recordKept(tx, 'r1', until()))).toBe(false);
    });

    behaves('goes when its run is cancelled between its keeping and its end', async () => {
      const { run, hold } = await played('r1');
      await write((tx) => recordKept(tx, 'r1', until()));
      await write((tx) => requestCancel(tx, 'r1', 'closed'));
      await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));

      expect(await due()).toEqual(['r1']);
    });

    behaves('goes when a newer run takes the place of its own', async () => {
      const { run, hold } = await played('r1');
      await write((tx) => recordKept(tx, 'r1', until()));
      await created('r2');
      await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));

      expect(await due()).toEqual(['r1']);
    });

    behaves('is not torn down while its run still waits for its turn, however long that takes', async () => {
      await created('r1');
      advance(48 * 3_600_000);

      expect(await due()).toEqual([]);
    });
  });
}
