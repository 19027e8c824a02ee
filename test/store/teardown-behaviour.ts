import { describe, expect } from 'vitest';
import { requestCancel } from '../../src/store/cancel.ts';
import {
  claimTeardown,
  holdsTeardown,
  releaseTeardown,
  renewTeardown,
  type TeardownHold,
} from '../../src/store/claim-teardown.ts';
import { countAll } from '../../src/store/counts.ts';
import { claimRun, leaseMs, releaseRun, renewLease, requestTimeoutMs } from '../../src/store/leases.ts';
import { saveRun } from '../../src/store/save-run.ts';
import {
  allowStripping,
  blockedRuns,
  dueTeardowns,
  hastenTeardown,
  saveReceipt,
  teardownOf,
} from '../../src/store/teardowns.ts';
import { type OpenStage, StoreStage } from './store-stage.ts';

const gone = { status: 'gone' as const, durationMs: 900, resources: { created: 12, gone: 12 }, blockedBy: [] };
const blocked = { ...gone, status: 'blocked' as const, blockedBy: ['ConfigMap gr-r1/stuck (lab.example/never): held'] };

/** Who may tear down and give the receipt, on whatever engine `open` opens. */
export function describeTeardown(open: OpenStage): void {
  describe('the right to tear down', () => {
    const stage = new StoreStage(open);
    const { behaves, write, created, claimed, finished, advance } = stage;
    const due = async () => (await dueTeardowns(stage.store, await stage.store.now())).map((one) => one.runId);
    const wanted = async () => {
      await finished('r1');
      await write((tx) => hastenTeardown(tx, 'r1'));
    };
    const claim = (owner: string) => write((tx) => claimTeardown(tx, 'r1', owner));
    const held = async (owner = 'a'): Promise<TeardownHold> => {
      const made = await claim(owner);
      if (made === null) throw new Error('nobody could claim r1');
      return made.hold;
    };
    const give = (receipt: typeof blocked | typeof gone) =>
      write((tx) => saveReceipt(tx, 'r1', receipt, new Date(tx.now.getTime() + 60_000)));

    behaves('is taken over when the lease is over and the last request of its owner as well', async () => {
      await wanted();
      await held();
      advance(leaseMs + requestTimeoutMs - 1);
      const early = [await claim('b'), await due()];
      advance(1);

      expect(early).toEqual([null, []]);
      expect(await due()).toEqual(['r1']);
      expect((await claim('b'))?.teardown.attempts).toBe(2);
    });

    behaves('lasts as long as it is renewed', async () => {
      await wanted();
      const hold = await held();
      for (let times = 0; times < 5; times++) {
        advance(leaseMs - 1);
        expect(await write((tx) => renewTeardown(tx, hold))).toBe(true);
      }

      expect(await claim('b')).toBeNull();
    });

    behaves('ends for good for whoever slept over it: nothing is renewed, no receipt given', async () => {
      await wanted();
      const slept = await held();
      advance(leaseMs + requestTimeoutMs);
      const mine = await held('b');

      expect(await write((tx) => renewTeardown(tx, slept))).toBe(false);
      expect(await write((tx) => holdsTeardown(tx, slept))).toBe(false);
      expect(await write((tx) => holdsTeardown(tx, mine))).toBe(true);
      await give(blocked);
      expect(await write((tx) => holdsTeardown(tx, mine))).toBe(false);
    });

    behaves('keeps everybody from playing a run whose player died, until it is given back', async () => {
      await created('r1');
      const { run, hold } = await claimed('r1');
      await write((tx) => saveRun(tx, { ...run, phase: 'provisioning' }, hold));
      await write((tx) => releaseRun(tx, hold));
      await write((tx) => hastenTeardown(tx, 'r1'));
      const teardown = await held();
      advance(leaseMs + requestTimeoutMs - 1);
      await write((tx) => renewTeardown(tx, teardown));
      const playing = await write((tx) => claimRun(tx, 'r1', 'b'));
      const before = await write((tx) => renewLease(tx, hold, tx.now));
      await give(gone);
      await write((tx) => releaseTeardown(tx, teardown));

      expect([playing, before]).toEqual([null, null]);
      expect(await write((tx) => claimRun(tx, 'r1', 'b'))).not.toBeNull();
    });

    behaves('says since when it is blocked, and how often it was tried, until it is done', async () => {
      await wanted();
      const since = new Date(stage.now);
      await held();
      await give(blocked);
      advance(90_000);
      await held();
      await give(blocked);
      const counts = await countAll(stage.store, await stage.store.now());
      const before = [await teardownOf(stage.store, 'r1'), await blockedRuns(stage.store, 'change-7')];
      advance(60_000);
      await held();
      await give(gone);

      expect(counts).toMatchObject({ blockedTeardowns: 1, oldestBlockedSeconds: 90, teardownAttempts: 2 });
      expect(before).toMatchObject([{ blockedSince: since.toISOString(), attempts: 2, underWay: false }, ['r1']]);
      expect(await teardownOf(stage.store, 'r1')).toMatchObject({ blockedSince: null, attempts: 3 });
      const after = await countAll(stage.store, await stage.store.now());
      expect(after).toMatchObject({ blockedTeardowns: 0, oldestBlockedSeconds: 0, teardownAttempts: 0 });
    });

    behaves('strips for one attempt, and only when somebody asked', async () => {
      await wanted();
      const unasked = await teardownOf(stage.store, 'r1');
      await write((tx) => allowStripping(tx, 'r1'));
      const asked = (await claim('a'))?.teardown;
      await give(blocked);

      expect([unasked?.stripFinalizers, asked?.stripFinalizers]).toEqual([false, true]);
      expect((await teardownOf(stage.store, 'r1'))?.stripFinalizers).toBe(false);
    });

    behaves("counts a player's own attempt as well", async () => {
      await created('r1');
      const { run, hold } = await claimed('r1');
      await write((tx) => requestCancel(tx, 'r1', 'closed'));
      await write(async (tx) => {
        await saveRun(tx, { ...run, phase: 'teardown' }, hold);
        await saveReceipt(tx, 'r1', blocked, new Date(tx.now.getTime() + 30_000));
      });

      expect(await teardownOf(stage.store, 'r1')).toMatchObject({ attempts: 1, state: 'blocked' });
    });
  });
}
