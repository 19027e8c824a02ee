import { describe, expect } from 'vitest';
import type { Demand } from '../../src/run/demand.ts';
import {
  admissionFacts,
  admitWaiting,
  anyWaiting,
  askForRoom,
  placeOf,
  type Room,
  takePlacesToTell,
  usualDurationMs,
} from '../../src/store/admission.ts';
import { requestCancel } from '../../src/store/cancel.ts';
import { keepEnvironment, recordKept } from '../../src/store/keep.ts';
import { claimableRuns } from '../../src/store/leases.ts';
import { saveRun } from '../../src/store/save-run.ts';
import { recordTeardown, saveReceipt, teardownOf } from '../../src/store/teardowns.ts';
import { type OpenStage, StoreStage } from './store-stage.ts';

const demand: Demand = { millicores: 2000, bytes: 1e9, pods: 5 };
const room: Room = { capacity: { millicores: 4000, bytes: 4e9, pods: 100 }, mostEnvironments: 10 };
const gone = { status: 'gone' as const, durationMs: 1, resources: { created: 1, gone: 1 }, blockedBy: [] };

/** What admission promises, on whatever engine `open` opens. */
export function describeAdmission(open: OpenStage): void {
  describe('admission', () => {
    const stage = new StoreStage(open);
    const { behaves, write, created, claimed, advance } = stage;
    const full: Room = { ...room, mostEnvironments: 0 };
    const waits = async (id: string, over = {}) => {
      await created(id, { change: Number(id.slice(1)), ...over });
      const { hold } = await claimed(id);
      expect(await write((tx) => askForRoom(tx, hold, demand, full))).toBe(false);
      advance(1_000);
      return hold;
    };
    const decided = () => write((tx) => admitWaiting(tx, room));
    const claimable = async () => claimableRuns(stage.store, await stage.store.now());

    behaves('a run whose demand is not known may be played to find it out, and reserves nothing', async () => {
      await created('r1');

      expect(await claimable()).toEqual(['r1']);
      expect(await decided()).toMatchObject({ admitted: [], queue: [] });
    });

    behaves('a run for which there is room goes on at once', async () => {
      await waits('r1');
      await created('r2', { change: 2 });
      const { hold } = await claimed('r2');

      expect(await write((tx) => askForRoom(tx, hold, demand, room))).toBe(true);
      expect(await claimable()).toEqual(['r1']);
      expect(await write((tx) => askForRoom(tx, hold, demand, full))).toBe(true);
    });

    behaves('the merge queue goes first, whoever waited before', async () => {
      await waits('r1');
      await waits('r2', { change: null, queueRef: 'refs/heads/queue/main/pr-2' });
      const one: Room = { ...room, mostEnvironments: 1 };

      expect(await write((tx) => admitWaiting(tx, one))).toMatchObject({ admitted: ['r2'], queue: ['r1'] });
    });

    behaves('a place is told by one of all that decide, first when it is old', async () => {
      await waits('r1');
      await write((tx) => admitWaiting(tx, full));
      const told = () => write((tx) => takePlacesToTell(tx, 60_000));
      expect(await told()).toEqual([]);

      advance(60_000);
      await write((tx) => admitWaiting(tx, full));

      expect([await told(), await told()]).toEqual([['r1'], []]);
    });

    behaves('that somebody waits is news for whoever looks a while after the last decision', async () => {
      await waits('r1');
      await write((tx) => admitWaiting(tx, full));
      const decidedAt = stage.now;
      const isNews = (agoMs: number) => anyWaiting(stage.store, new Date(decidedAt + 5_000 - agoMs));

      expect([await isNews(5_000), await isNews(5_001)]).toEqual([true, false]);
    });

    behaves('a run that waits is played by nobody before its turn', async () => {
      for (const id of ['r1', 'r2', 'r3']) await waits(id);
      expect(await claimable()).toEqual([]);

      const place = { id: 'r3', position: 1, startsAt: null };
      expect(await decided()).toEqual({ admitted: ['r1', 'r2'], preempted: [], queue: ['r3'], places: [place] });
      expect(await placeOf(stage.store, 'r3')).toEqual({ ...place, of: 1 });
      expect(await placeOf(stage.store, 'r1')).toBeNull();
      expect(await claimable()).toEqual(['r1', 'r2']);
      expect(await decided()).toMatchObject({ admitted: [], queue: ['r3'] });
    });

    behaves('its room comes back with the receipt, and not before', async () => {
      for (const id of ['r1', 'r2', 'r3']) await waits(id);
      await decided();
      const { run, hold } = await claimed('r1');
      await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));
      expect(await decided()).toMatchObject({ admitted: [] });
      const blocked = { ...gone, status: 'blocked' as const };
      await write((tx) => saveReceipt(tx, 'r1', blocked, new Date(stage.now + 60_000)));
      expect(await decided()).toMatchObject({ admitted: [] });

      await write((tx) => saveReceipt(tx, 'r1', gone, new Date(stage.now + 60_000)));

      expect(await decided()).toMatchObject({ admitted: ['r3'] });
    });

    behaves('decisions at the same time give nothing away twice', async () => {
      for (const id of ['r1', 'r2', 'r3', 'r4']) await waits(id);

      const decisions = await Promise.all([decided(), decided(), decided()]);

      expect(decisions.flatMap(({ admitted }) => admitted).sort()).toEqual(['r1', 'r2']);
    });

    behaves('a run that is cancelled while it waits is claimable at once, to be ended', async () => {
      for (const id of ['r1', 'r2', 'r3']) await waits(id);
      await decided();
      await write((tx) => requestCancel(tx, 'r3', 'closed'));

      expect(await claimable()).toContain('r3');
      expect(await decided()).toMatchObject({ queue: [] });
    });

    behaves('an idle kept environment goes for those who wait', async () => {
      for (const id of ['r1', 'r2', 'r3']) await waits(id);
      await decided();
      const { run, hold } = await claimed('r1');
      await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));
      const until = new Date(stage.now + 3_600_000);
      await write((tx) => keepEnvironment(tx, 'r1', { forMs: 3_600_000, mostMs: 7_200_000 }));
      await write((tx) => recordTeardown(tx, 'r1', { state: 'kept', dueAt: until }));

      expect(await decided()).toMatchObject({ admitted: [], preempted: ['r1'], queue: ['r3'] });
      expect((await teardownOf(stage.store, 'r1'))?.dueAt).toBe(new Date(stage.now).toISOString());
      expect(await decided()).toMatchObject({ preempted: [] });
    });

    behaves(
      'an idle environment is the one that nobody used for the longest time, not the one that ended first',
      async () => {
        for (const id of ['r1', 'r2', 'r3']) await waits(id);
        await decided();
        for (const id of ['r1', 'r2']) {
          const { run, hold } = await claimed(id);
          await write((tx) => keepEnvironment(tx, id, { forMs: 3_600_000, mostMs: 7_200_000 }));
          await write((tx) => recordKept(tx, hold, new Date(stage.now + 3_600_000)));
          await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));
          advance(60_000);
        }
        await write((tx) => keepEnvironment(tx, 'r1', { forMs: 3_600_000, mostMs: 7_200_000 }));

        expect(await decided()).toMatchObject({ preempted: ['r2'] });
      },
    );

    behaves('nobody counts on the room of an environment that something blocks', async () => {
      for (const id of ['r1', 'r2', 'r3']) await waits(id);
      await decided();
      for (const id of ['r1', 'r2']) {
        const { run, hold } = await claimed(id);
        await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));
      }
      await write((tx) => saveReceipt(tx, 'r1', { ...gone, status: 'blocked' }, new Date(stage.now + 60_000)));

      const { reservations } = await admissionFacts(stage.store, room, await stage.store.now());
      expect(reservations.map(({ id, leaving }) => [id, leaving]).sort()).toEqual([
        ['r1', false],
        ['r2', true],
      ]);
    });

    behaves('an old fence cannot give a run back', async () => {
      const hold = await waits('r1');
      await decided();
      await claimed('r1', 'b');

      expect(await write((tx) => askForRoom(tx, hold, demand, room))).toBeNull();
    });

    behaves('authors are served in turn', async () => {
      for (const id of ['r1', 'r2', 'r3']) await waits(id);
      await stage.store.db.updateTable('runs').set({ author: 'ann' }).where('id', 'in', ['r1', 'r2']).execute();

      expect((await decided()).admitted).toEqual(['r1', 'r3']);
      const facts = await admissionFacts(stage.store, room, await stage.store.now());
      expect(facts.reservations.map(({ id, author }) => [id, author]).sort()).toEqual([
        ['r1', 'ann'],
        ['r3', ''],
      ]);
    });

    behaves('the usual duration is the median from admission to the end, without the cancelled', async () => {
      expect(await usualDurationMs(stage.store)).toBeNull();
      for (const [id, ms] of [
        ['r1', 10_000],
        ['r2', 90_000],
        ['r3', 20_000],
      ] as const) {
        await waits(id);
        await decided();
        const { run, hold } = await claimed(id);
        advance(ms);
        await write((tx) => saveRun(tx, { ...run, phase: 'done' }, hold));
        await write((tx) => saveReceipt(tx, id, gone, new Date(stage.now)));
      }

      expect(await usualDurationMs(stage.store)).toBe(20_000);
    });
  });
}
