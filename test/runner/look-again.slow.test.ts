import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { changeIdOf } from '../../src/run/change-id.ts';
import type { Run } from '../../src/run/run.ts';
import { imagesOfRepository } from '../../src/runner/bell.ts';
import { keepReconciled } from '../../src/runner/reconcile.ts';
import { Recorder } from '../../src/runner/recorder.ts';
import { recordKept } from '../../src/store/keep.ts';
import { claimRun } from '../../src/store/leases.ts';
import { runById, runsOfChange } from '../../src/store/runs.ts';
import type { Store } from '../../src/store/store.ts';
import { teardownOf } from '../../src/store/teardowns.ts';
import { type ForgeStage, openForgeStage } from './forge-stage.ts';
import { smallConfig } from './perform-newest.ts';

let stage: ForgeStage;
let store: Store;
let shop: StandInRepository;
let shops = 0;

beforeAll(async () => {
  stage = await openForgeStage();
  ({ store } = stage);
});
beforeEach(async () => {
  stage.listen(true);
  shops += 1;
  shop = await stage.fixture.github.createRepository(`shop-${shops}`, { files: { 'greenroom.yaml': smallConfig } });
});
afterEach(() => stage.fixture.github.assertClean());
afterAll(() => stage.close());

describe('a button at a check', () => {
  test('repeats a red run, when somebody presses it who may', async () => {
    const { number, checkId } = await redChange('red');
    await shop.press(checkId, 'rerun-failed', 'rita');
    await stage.handled();
    const refused = await runsOf(number);
    await shop.press(checkId, 'rerun-failed', 'olivia');
    await stage.handled();

    expect(refused).toHaveLength(1);
    expect(await runsOf(number)).toMatchObject([{ generation: 2, trigger: 'rerun' }, { generation: 1 }]);
  });

  test('and "Re-run all" are the same for a suite of checks', async () => {
    const { number, checkId } = await redChange('suite');
    await shop.rerequestSuite(checkId, 'olivia');
    await stage.handled();

    expect(await runsOf(number)).toMatchObject([{ generation: 2, trigger: 'rerun' }, { generation: 1 }]);
  });

  test('keeps an environment that stands, and takes it away', async () => {
    const { number, run, checkId } = await keptChange('kept');
    const before = await teardownOf(store, run.id);
    await shop.press(checkId, 'keep', 'olivia');
    await stage.handled();
    const kept = await teardownOf(store, run.id);
    await shop.press(checkId, 'tear-down', 'olivia');
    await stage.handled();

    expect(Date.parse(kept?.dueAt ?? '') - Date.parse(before?.dueAt ?? '')).toBeGreaterThan(2 * 3_600_000);
    expect(Date.parse((await teardownOf(store, run.id))?.dueAt ?? '')).toBeLessThanOrEqual(Date.now());
    expect(await runsOf(number)).toHaveLength(1);
  });

  test('at a check that says it is of a run of another commit does nothing', async () => {
    const { number, run } = await redChange('mine');
    const other = await redChange('other');
    const head = await shop.headOf('other');
    const forged = { kind: 'action-requested' as const, repository: shop.fullName, headSha: head, runId: run.id };
    const event = { ...forged, action: 'rerun-failed' as const, requestedBy: 'olivia' };
    await stage.handle(event);

    expect(await runsOf(number)).toHaveLength(1);
    expect(await runsOf(other.number)).toHaveLength(1);
  });
});

test('a repository that the App may see from now on is known at once', async () => {
  stage.listen(false);
  const known = await openChange(shop, 'known');
  const stop = new AbortController();
  const loop = keepReconciled(stage.reconciling(), stop.signal);
  // The first look is over as far as it concerns repositories; the next would come a minute later.
  await expect.poll(() => runsOf(known), { timeout: 300_000, interval: 300 }).toHaveLength(1);
  const fresh = await stage.fixture.github.createRepository('fresh', { files: { 'greenroom.yaml': smallConfig } });
  const number = await openChange(fresh, 'one');
  const runs = () => runsOfChange(store, changeIdOf(fresh.fullName, number));
  const before = await runs();
  stage.listen(true);
  const shown = async () => {
    await fresh.show();
    await stage.handled();
    return await runs();
  };
  await expect.poll(shown, { timeout: 50_000, interval: 300 }).toHaveLength(1);
  stop.abort();
  await loop;

  expect(before).toEqual([]);
});

test('whoever waits for an image looks when CI says something, and nothing else follows', async () => {
  const { bell } = stage.player.stage;
  let looked = 0;
  const waits = async (repository: string) => {
    await bell.wait(imagesOfRepository(repository), 60_000, stop.signal).catch(() => undefined);
    if (!stop.signal.aborted) looked += 1;
  };
  const stop = new AbortController();
  const waiting = [waits(shop.fullName), waits('acme/another')];
  await shop.dispatch('olivia');
  await stage.handled();
  await waiting[0];

  expect(looked).toBe(1);
  stop.abort();
  await waiting[1];
});

async function openChange(at: StandInRepository, branch: string, files: Record<string, string> = {}): Promise<number> {
  await at.pushTo(branch, { user: 'olivia', files: { 'a.txt': branch, ...files } });
  return await at.openPullRequest({ title: branch, user: 'olivia', head: branch });
}

async function redChange(branch: string): Promise<{ number: number; run: Run; checkId: string }> {
  const number = await openChange(shop, branch, { 'greenroom.yaml': 'version: 1\nsuits: []\n' });
  await stage.handled();
  const run = await stage.perform((await runsOf(number))[0]?.id);
  const [check] = shop.checksOf(run.headSha);
  return { number, run, checkId: String(check?.id) };
}

/** Its environment stands by somebody's wish, as its player leaves it. */
async function keptChange(branch: string): Promise<{ number: number; run: Run; checkId: string }> {
  const { number, run, checkId } = await redChange(branch);
  const claimed = await store.transaction((tx) => claimRun(tx, run.id, 'a-player'));
  if (claimed === null) throw new Error('there is no run to play');
  const recorder = new Recorder({ store, ...claimed, now: () => new Date(), onUpdate: () => undefined });
  await recorder.tell({ kind: 'phase-started', phase: 'teardown' });
  await store.transaction((tx) => recordKept(tx, claimed.hold, new Date(Date.now() + 3_600_000)));
  const record = { ...run.document.teardown, status: 'kept' as const };
  await recorder.tell({ kind: 'teardown-recorded', record });
  await recorder.tell({ kind: 'phase-started', phase: 'done' });
  const done = await runById(store, run.id);
  if (done) await stage.player.publish(done, { final: true });
  return { number, run, checkId };
}

function runsOf(number: number): Promise<Run[]> {
  return runsOfChange(store, changeIdOf(shop.fullName, number));
}
