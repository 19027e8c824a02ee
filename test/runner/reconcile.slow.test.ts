import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { labels, ownershipLabels } from '../../infra/labels.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { silentLog } from '../../src/log.ts';
import { changeIdOf } from '../../src/run/change-id.ts';
import { realActs } from '../../src/runner/acts.ts';
import { clearStacks } from '../../src/runner/clear-stacks.ts';
import { forgePublisher } from '../../src/runner/forge-publisher.ts';
import type { EventHandling } from '../../src/runner/handle-event.ts';
import type { Player } from '../../src/runner/play-run.ts';
import { type Reconciling, type Repair, reconcile } from '../../src/runner/reconcile.ts';
import { Recorder } from '../../src/runner/recorder.ts';
import { checksVerifier } from '../../src/runner/verify-checks.ts';
import { claimRun, renewLease } from '../../src/store/leases.ts';
import { runsOfChange } from '../../src/store/runs.ts';
import type { Store } from '../../src/store/store.ts';
import type { VerdictWord } from '../../src/suites/suite-result.ts';
import { aSpec } from '../environment/builders.ts';
import { noSignal, type StandInFixture, startFixture } from '../forge/stand-in-fixture.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';
import { unreachableStage } from './unreachable-stage.ts';

const config = `version: 1
application:
  entry: { service: web, port: 8080 }
  services:
    - { name: web, image: shop/web, port: 8080 }
`;
const log = silentLog();
let fixture: StandInFixture;
let store: Store;
let player: Player;
let events: EventHandling;
let shop: StandInRepository;
let now = Date.now();
let verifyChecks: Reconciling['verifyChecks'];
let repairs: [Repair, number][] = [];
const stacks = new Set<string>();

beforeAll(async () => {
  fixture = await startFixture();
  const forge = fixture.forgeWith();
  store = await openEmbeddedStore({ log, wakeUps: 'none', clock: () => new Date(now) });
  shop = await fixture.github.createRepository('shop', { files: { 'greenroom.yaml': config } });
  events = { store, forge, log, maxTtlMs: 3_600_000, extend: async () => undefined };
  verifyChecks = checksVerifier({ store, forge, publicUrl: 'http://greenroom.test' });
  player = {
    stage: await unreachableStage(fixture.folder),
    acts: realActs,
    stacks: {
      clear: async (name) => ({ ok: stacks.delete(name), detail: '' }),
      names: async () => [...stacks],
    },
    store,
    owner: 'a-test',
    open: async () => null,
    room: () => Promise.reject(new Error('nobody asks for room here')),
    publish: forgePublisher({ store, forge, log, publicUrl: 'http://greenroom.test' }),
  };
});
afterAll(async () => {
  fixture.github.assertClean();
  await store.close();
  await fixture.stop();
});
beforeEach(() => {
  repairs = [];
});

test('a change whose every delivery is lost is opened, moved, closed and reopened all the same, each once', async () => {
  const number = await openChange('lost');
  await round();
  expect(await runsOf(number)).toMatchObject([{ generation: 1, trigger: 'opened', cancel: null }]);

  const moved = await shop.pushTo('lost', { user: 'olivia', files: { 'a.txt': 'newer' } });
  await round();
  expect(await runsOf(number)).toMatchObject([
    { generation: 2, headSha: moved, cancel: null },
    { generation: 1, cancel: 'superseded' },
  ]);

  await shop.close(number, 'olivia');
  await round();
  expect(await runsOf(number)).toMatchObject([{ cancel: 'closed' }, { cancel: 'superseded' }]);

  await shop.reopen(number, 'olivia');
  await round();
  await round();
  expect(await runsOf(number)).toMatchObject([{ generation: 3, trigger: 'reopened', cancel: null }, {}, {}]);
  expect(repairs).toEqual(Array(4).fill(['event', 1]));
});

test('a forge that cannot be asked is no reason to end anything', async () => {
  const number = await openChange('away');
  await round();
  await shop.close(number, 'olivia');
  const forge = fixture.forgeWith({ apiUrl: 'http://127.0.0.1:1' });
  await round({ ...events, forge });

  expect(await runsOf(number)).toMatchObject([{ cancel: null }]);
});

test('a verdict that nobody told is told, once its player had its time', async () => {
  const number = await openChange('untold');
  await round();
  await finishUntold(number);
  const head = await shop.headOf('untold');
  repairs = [];

  await round();
  expect(shop.checksOf(head)).toEqual([]);
  now += 120_000;
  await round();
  await round();

  expect(shop.checksOf(head).map((check) => [check.name, check.conclusion])).toEqual([['greenroom', 'cancelled']]);
  expect(repairs).toEqual([['conclusion', 1]]);
});

test('a run whose player holds on to it and gives no verdict in its time is concluded by somebody else', async () => {
  const number = await openChange('overdue');
  await round();
  const [run] = await runsOf(number);
  const claimed = await store.transaction((tx) => claimRun(tx, run?.id ?? '', 'hangs'));
  repairs = [];
  now += 9 * 60_000;
  await renew();
  await round();
  const early = await runsOf(number);
  now += 2 * 60_000;
  await renew();
  await round();

  expect(early).toMatchObject([{ document: { verdict: null } }]);
  expect(await runsOf(number)).toMatchObject([{ document: { verdict: 'errored', failure: { code: 'RUN_OVERDUE' } } }]);
  expect(shop.checksOf(await shop.headOf('overdue'))).toMatchObject([{ name: 'greenroom', conclusion: 'failure' }]);
  expect(repairs).toEqual([['overdue', 1]]);
  expect(await renew()).toBeNull();

  function renew() {
    return store.transaction((tx) => (claimed === null ? Promise.resolve(null) : renewLease(tx, claimed.hold, tx.now)));
  }
});

test('an older word that lands after the last one is put right, once', async () => {
  const number = await openChange('late');
  await round();
  await finishUntold(number);
  now += 120_000;
  await round();
  const head = await shop.headOf('late');
  const [check] = shop.checksOf(head);
  const [run] = await runsOf(number);
  if (check === undefined || run === undefined) throw new Error('nobody has told of the run');
  const late = { headSha: head, externalId: run.id, status: 'in_progress' as const, conclusion: null };
  await events.forge.putCheck(shop.fullName, String(check.id), { ...words, ...late, name: 'greenroom' }, noSignal);
  repairs = [];
  await round();
  now += 61_000;
  await round();
  await round();

  expect(shop.checksOf(head)).toMatchObject([{ name: 'greenroom', status: 'completed', conclusion: 'cancelled' }]);
  expect(repairs).toEqual([['check', 1]]);
});

test('the graver word of a change that is closed does not stay on the commit that it shared', async () => {
  await shop.pushTo('release', { user: 'olivia', files: { 'b.txt': 'a base' } });
  const red = await openChange('shared');
  const green = await shop.openPullRequest({ title: 'shared', user: 'olivia', head: 'shared', base: 'release' });
  await round();
  await finishUntold(red, 'failed');
  await finishUntold(green, 'passed');
  now += 120_000;
  await round();
  const head = await shop.headOf('shared');
  const saidOfBoth = shop.checksOf(head).map(({ conclusion }) => conclusion);

  await shop.close(red, 'olivia');
  await round();

  expect(saidOfBoth).toContain('failure');
  expect(shop.checksOf(head).at(-1)).toMatchObject({ name: 'greenroom', conclusion: 'success' });
  expect(new Set(shop.checksOf(head).map(({ conclusion }) => conclusion))).toEqual(new Set(['success']));
});

test('a change that fails last is heard in the check that another one made after its own', async () => {
  const red = await openChange('shared-late');
  const green = await shop.openPullRequest({ title: 'late', user: 'olivia', head: 'shared-late', base: 'release' });
  await round();
  const [slow] = await runsOf(red);
  const [quick] = await runsOf(green);
  if (slow === undefined || quick === undefined) throw new Error('nobody has wanted the runs');
  await player.publish(slow, { final: false });
  await expect.poll(() => checksOn('shared-late')).toEqual([null]);
  await player.publish(quick, { final: false });
  await expect.poll(() => checksOn('shared-late')).toEqual([null, null]);
  await finishUntold(green, 'passed');
  now += 120_000;
  await round();
  const whileOneRuns = await checksOn('shared-late');
  await finishUntold(red, 'failed');
  now += 120_000;
  await round();

  expect(whileOneRuns).toEqual([null, 'success']);
  expect(await checksOn('shared-late')).toEqual(['failure', 'failure']);
});

test('the check of an older run that is made after the newest one says what the newest says', async () => {
  const number = await openChange('overtaken');
  await round();
  await finishUntold(number);
  await shop.close(number, 'olivia');
  await round();
  await shop.reopen(number, 'olivia');
  await round();
  await finishUntold(number, 'passed');
  now += 120_000;
  await round();
  const [, older] = await runsOf(number);
  const headSha = await shop.headOf('overtaken');
  const late = { headSha, externalId: older?.id ?? '', status: 'completed' as const, conclusion: 'cancelled' as const };
  await events.forge.putCheck(shop.fullName, null, { ...words, ...late, name: 'greenroom' }, noSignal);
  const before = await checksOn('overtaken');
  now += 61_000;
  await round();

  expect(before).toEqual(['success', 'cancelled']);
  expect(await checksOn('overtaken')).toEqual(['success', 'success']);
});

async function checksOn(branch: string) {
  return shop.checksOf(await shop.headOf(branch)).map(({ conclusion }) => conclusion);
}

const words = {
  detailsUrl: null,
  startedAt: null,
  completedAt: null,
  title: 'In progress',
  summary: 'late',
  text: null,
  annotations: [],
};

test('a stack is cleared once no run needs it and no namespace stands, and none while the cluster cannot be asked', async () => {
  const number = await openChange('stack');
  await round();
  const [run] = await runsOf(number);
  const wanted = run?.environmentName ?? '';
  repairs = [];
  stacks.add(wanted).add('gr-shop-3-forgotten').add('gr-shop-4-stands');
  await round();
  const unasked = [...stacks];
  const { owner } = aSpec();
  const ours = ownershipLabels({ ...owner, instance: player.stage.instance, runId: 'r4' });
  const name = 'gr-shop-4-stands-suites';
  const items = [{ metadata: { name, uid: 'u', labels: { ...ours, [labels.role]: 'suites' } } }];
  const kubernetes = { ...player.stage.kubernetes, request: async () => ({ status: 200, body: { items } }) };
  const cleared = await clearStacks({ ...player, stage: { ...player.stage, kubernetes } }, noSignal);

  expect(unasked).toHaveLength(3);
  expect(cleared).toBe(1);
  expect([...stacks]).toEqual([wanted, 'gr-shop-4-stands']);
  stacks.clear();
});

async function round(of: EventHandling = events): Promise<void> {
  await reconcile(
    { player, events: of, verifyChecks, onRepair: (repair, count) => repairs.push([repair, count]) },
    noSignal,
  );
}

/** As a player that dies between the verdict and the word. */
async function finishUntold(number: number, verdict: VerdictWord = 'cancelled'): Promise<void> {
  const [newest] = await runsOf(number);
  const claimed = await store.transaction((tx) => claimRun(tx, newest?.id ?? '', 'a-test'));
  if (claimed === null) throw new Error('there is no run to play');
  const recorder = new Recorder({ store, ...claimed, now: () => new Date(now), onUpdate: () => undefined });
  if (verdict === 'cancelled') await recorder.tell({ kind: 'cancel-requested', reason: 'shutdown' });
  await recorder.tell({ kind: 'phase-started', phase: 'reporting' });
  await recorder.tell({ kind: 'judged', verdict, reason: 'stopped', failure: null });
  await recorder.tell({ kind: 'phase-started', phase: 'teardown' });
}

async function openChange(branch: string): Promise<number> {
  await shop.pushTo(branch, { user: 'olivia', files: { 'a.txt': branch } });
  return shop.openPullRequest({ title: branch, user: 'olivia', head: branch });
}

function runsOf(number: number) {
  return runsOfChange(store, changeIdOf(shop.fullName, number));
}
