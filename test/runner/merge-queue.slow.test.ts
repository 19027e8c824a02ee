import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ForgeEvent } from '../../src/event/event.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import type { QueueEntry } from '../../src/forge/github-stand-in/world.ts';
import { changeIdOf, queueEntryIdOf } from '../../src/run/change-id.ts';
import type { Run } from '../../src/run/run.ts';
import { handleEvent } from '../../src/runner/handle-event.ts';
import { isApproved } from '../../src/runner/is-approved.ts';
import { approve } from '../../src/store/approvals.ts';
import { forgetRuns, liveRuns, runsOfChange } from '../../src/store/runs.ts';
import type { Store } from '../../src/store/store.ts';
import { noSignal } from '../forge/stand-in-fixture.ts';
import { type ForgeStage, openForgeStage } from './forge-stage.ts';
import { smallConfig } from './perform-newest.ts';

const config = `${smallConfig}triggers: { paths-ignore: ['docs/**'] }
`;
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
  shop = await stage.fixture.github.createRepository(`shop-${shops}`, { files: { 'greenroom.yaml': config } });
});
afterEach(() => stage.fixture.github.assertClean());
afterAll(() => stage.close());

describe('an entry of the merge queue', () => {
  test('gets a run of its own in the first lane, by the rules of what it was built on, beside that of its change', async () => {
    const number = await openChange('one');
    const entry = await shop.enqueue(number, 'olivia');
    await stage.handled();

    const [run] = await runsOf(entry);
    expect(run).toMatchObject({ change: null, queueRef: entry.ref, trigger: 'merge-queue', generation: 1 });
    expect(run).toMatchObject({ headSha: entry.headSha, baseSha: await shop.headOf('main'), trusted: true });
    expect(run?.document.run).toMatchObject({ change: null, queueRef: entry.ref });
    expect(await lanes()).toEqual({ [entry.headSha]: 0, [await shop.headOf('one')]: 1 });
    expect(await runsOfNumber(number)).toMatchObject([{ cancel: null }]);
    expect(stage.fixture.github.deliveries.slice(-1)).toMatchObject([{ event: 'merge_group', statusCode: 202 }]);
  });

  test('is concluded on its commit, and nobody is told in a comment', async () => {
    const number = await openChange('docs', { 'docs/a.md': 'words' });
    const entry = await shop.enqueue(number, 'olivia');
    await stage.handled();
    const run = await perform(entry);

    expect(run.document.verdict).toBe('skipped');
    expect(checksOn(entry.headSha)).toEqual([['greenroom', 'neutral']]);
    expect(shop.commentsOf(number)).toEqual([]);
  });

  test('that takes greenroom.yaml away is red, until somebody has approved the head that it adds', async () => {
    const number = await openChange('gate', { 'greenroom.yaml': null });
    const entry = await shop.enqueue(number, 'olivia');
    await stage.handled();
    const run = await perform(entry);

    expect(run.document.failure).toMatchObject({ code: 'CONFIG_DELETED' });
    expect(checksOn(entry.headSha)).toEqual([['greenroom', 'failure']]);
    expect(await isApproved(store, run, number)).toBe(false);
    const changeId = changeIdOf(shop.fullName, number);
    const approval = { repository: shop.fullName, sha: await shop.headOf('gate'), changeId, approvedBy: 'olivia' };
    await store.transaction((tx) => approve(tx, { ...approval, kind: 'fork' }));
    expect(await isApproved(store, run, number)).toBe(false);
    await store.transaction((tx) => approve(tx, { ...approval, kind: 'gate' }));
    expect(await isApproved(store, run, number)).toBe(true);
  });

  test('ends with its branch, before its verdict: the run is cancelled, and says so', async () => {
    const number = await openChange('gone');
    const entry = await shop.enqueue(number, 'olivia');
    await stage.handled();
    await shop.dequeue(number);
    await stage.handled();

    expect(await runsOf(entry)).toMatchObject([{ cancel: 'closed' }]);
    expect(await runsOfNumber(number)).toMatchObject([{ cancel: null }]);
  });

  test('that left while its run was played is noticed by the next look, before anybody told', async () => {
    const number = await openChange('noticed');
    const entry = await shop.enqueue(number, 'olivia');
    await stage.handled();
    stage.listen(false);
    await shop.dequeue(number);
    const run = await perform(entry);

    expect(run).toMatchObject({ cancel: 'closed', document: { reason: 'The entry left the merge queue.' } });
    expect(checksOn(entry.headSha)).toEqual([['greenroom', 'cancelled']]);
  });

  test('that is asked for again after its end leaves nothing behind', async () => {
    const number = await openChange('again');
    await stage.handled();
    const before = (await liveRuns(store)).length;
    const entry = await shop.enqueue(number, 'olivia');
    const [asked] = stage.fixture.github.deliveries.slice(-1);
    await shop.dequeue(number);
    // The end is handled first, then the request, then the request again under its own id and under a new one.
    await stage.handled('newest first');
    await stage.fixture.github.redeliver(asked?.guid ?? '');
    await stage.handled();

    expect(await runsOf(entry)).toEqual([]);
    expect(await liveRuns(store)).toHaveLength(before);
    expect(await store.db.selectFrom('changes').select('id').where('queue_ref', '=', entry.ref).execute()).toEqual([]);
  });

  test('whose end is told again after it came back is let be', async () => {
    const number = await openChange('back');
    const first = await shop.enqueue(number, 'olivia');
    await shop.dequeue(number);
    const [destroyed] = stage.fixture.github.deliveries.slice(-1);
    await stage.handled();
    const second = await shop.enqueue(number, 'olivia');
    await stage.handled();
    await stage.fixture.github.redeliver(destroyed?.guid ?? '');
    await stage.handled();

    expect(second.ref).toBe(first.ref);
    expect((await runsOf(second))[0]).toMatchObject({ headSha: second.headSha, cancel: null });
  });

  test('behind one that leaves is built anew: one run ends, another begins', async () => {
    const one = await openChange('first', { 'a.txt': '1' });
    const two = await openChange('second', { 'b.txt': '2' });
    await shop.enqueue(one, 'olivia');
    const before = await shop.enqueue(two, 'mia');
    await stage.handled();
    await shop.dequeue(one);
    const after = shop.entryOf(two);
    await stage.handled();

    expect(await runsOf(before)).toMatchObject([{ cancel: 'closed', baseSha: before.baseSha }]);
    expect(await runsOf(after)).toMatchObject([{ cancel: null, baseSha: await shop.headOf('main') }]);
    expect(before.baseSha).not.toBe(after.baseSha);
  });

  test('that merged leaves its verdict on the commit, which is the base branch’s now', async () => {
    const number = await openChange('merged', { 'docs/b.md': 'words' });
    const entry = await shop.enqueue(number, 'olivia');
    await stage.handled();
    await perform(entry);
    await shop.mergeQueued(number);
    await stage.handled();
    await stage.round();

    expect(await shop.headOf('main')).toBe(entry.headSha);
    expect(checksOn(entry.headSha)).toEqual([['greenroom', 'neutral']]);
  });

  test('is tested again when somebody asks at its check, and only while the queue wants it', async () => {
    const number = await openChange('rerun', { 'greenroom.yaml': null });
    const entry = await shop.enqueue(number, 'olivia');
    await stage.handled();
    await perform(entry);
    const [check] = shop.checksOf(entry.headSha);
    await shop.rerequestCheck(String(check?.id), 'olivia');
    await stage.handled();
    const asked = await runsOf(entry);
    await shop.dequeue(number);
    await shop.rerequestCheck(String(check?.id), 'olivia');
    await stage.handled();

    expect(asked).toMatchObject([{ generation: 2, trigger: 'rerun' }, { generation: 1 }]);
    expect(await runsOf(entry)).toHaveLength(2);
  });
});

test.each(['queue-entered', 'queue-left', 'rerun-requested'] as const)(
  'a delivery (%s) of a repository that the App may not see comes to an end',
  async (kind) => {
    const repository = 'acme/hidden';
    const entry = { repository, ref: 'refs/heads/gh-readonly-queue/main/pr-1-a' };
    const of = {
      'queue-entered': { kind: 'queue-entered', entry, headSha: 'a'.repeat(40), baseSha: 'b'.repeat(40) },
      'queue-left': { kind: 'queue-left', entry, how: 'merged' },
      'rerun-requested': {
        kind: 'rerun-requested',
        change: null,
        repository,
        headSha: 'a'.repeat(40),
        requestedBy: 'olivia',
      },
    } satisfies Record<typeof kind, ForgeEvent>;
    let isFinished = false;
    const finish = async () => {
      isFinished = true;
      return true;
    };
    const doubting = handleEvent({ ...stage.events, believesRefusals: false }, of[kind], finish, noSignal);
    await expect(doubting).rejects.toMatchObject({ remedy: 'fix-input' });
    await handleEvent(stage.events, of[kind], finish, noSignal);

    expect(isFinished).toBe(true);
  },
);

describe('reconciling', () => {
  test('finds an entry of which every delivery was lost, lets it be, and ends it once its branch is gone', async () => {
    const number = await openChange('lost');
    await stage.handled();
    stage.listen(false);
    const entry = await shop.enqueue(number, 'olivia');
    await stage.round();
    await stage.round();
    const begun = await runsOf(entry);
    await shop.dequeue(number);
    await stage.round({ ...stage.events, forge: stage.fixture.forgeWith({ apiUrl: 'http://127.0.0.1:1' }) });
    const whileAway = await runsOf(entry);
    await stage.round();

    expect(begun).toMatchObject([{ generation: 1, cancel: null, baseSha: entry.baseSha }]);
    expect(whileAway).toMatchObject([{ cancel: null }]);
    expect(await runsOf(entry)).toMatchObject([{ generation: 1, cancel: 'closed' }]);
  });

  test('an entry that is long gone is forgotten with its last run', async () => {
    const number = await openChange('forgotten');
    const entry = await shop.enqueue(number, 'olivia');
    await stage.handled();
    await shop.dequeue(number);
    await stage.handled();
    const known = () => store.db.selectFrom('changes').select('id').where('queue_ref', '=', entry.ref).execute();
    const [run] = await runsOf(entry);
    const later = new Date(Date.now() + 60_000);
    await store.transaction((tx) => forgetRuns(tx, [], later));
    const withRun = await known();
    await store.transaction((tx) => forgetRuns(tx, [run?.id ?? ''], later));

    expect(withRun).toHaveLength(1);
    expect(await known()).toEqual([]);
  });
});

async function openChange(branch: string, files: Record<string, string | null> = { 'a.txt': branch }): Promise<number> {
  await shop.pushTo(branch, { user: 'olivia', files });
  return shop.openPullRequest({ title: branch, user: 'olivia', head: branch });
}

async function perform(entry: QueueEntry): Promise<Run> {
  return await stage.perform((await runsOf(entry))[0]?.id);
}

function runsOf({ ref }: QueueEntry): Promise<Run[]> {
  return runsOfChange(store, queueEntryIdOf({ repository: shop.fullName, ref }));
}

function runsOfNumber(number: number): Promise<Run[]> {
  return runsOfChange(store, changeIdOf(shop.fullName, number));
}

async function lanes(): Promise<Record<string, number>> {
  const rows = await store.db
    .selectFrom('runs')
    .select(['head_sha', 'lane'])
    .where('repository', '=', shop.fullName)
    .execute();
  return Object.fromEntries(rows.map((row) => [row.head_sha, row.lane]));
}

function checksOn(sha: string): (string | null)[][] {
  return shop.checksOf(sha).map((check) => [check.name, check.conclusion]);
}
