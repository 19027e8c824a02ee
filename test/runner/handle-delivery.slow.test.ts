import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Delivery, ForgeEvent } from '../../src/event/event.ts';
import type { Forge } from '../../src/forge/forge.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { silentLog } from '../../src/log.ts';
import { changeIdOf } from '../../src/run/change-id.ts';
import type { Run } from '../../src/run/run.ts';
import { handleDelivery } from '../../src/runner/handle-delivery.ts';
import type { EventHandling } from '../../src/runner/handle-event.ts';
import { acceptDelivery, unhandledDeliveries } from '../../src/store/deliveries.ts';
import { runsOfChange } from '../../src/store/runs.ts';
import type { Store } from '../../src/store/store.ts';
import { teardownOf } from '../../src/store/teardowns.ts';
import { noSignal, type StandInFixture, startFixture } from '../forge/stand-in-fixture.ts';
import { openEmbeddedStore } from '../store/embedded-store.ts';
import { smallConfig as config, performNewest } from './perform-newest.ts';

const log = silentLog();
let fixture: StandInFixture;
let forge: Forge;
let store: Store;
let work: EventHandling;
let shop: StandInRepository;
let fork: StandInRepository;
let sequence = 0;

beforeAll(async () => {
  fixture = await startFixture();
  forge = fixture.forgeWith();
  store = await openEmbeddedStore({ log, wakeUps: 'none' });
  work = { store, forge, log, maxTtlMs: 3_600_000, extend: async () => undefined };
  shop = await fixture.github.createRepository('shop', { files: { 'greenroom.yaml': config } });
  fork = await fixture.github.fork(shop, 'stranger');
});

afterAll(async () => {
  fixture.github.assertClean();
  await store.close();
  await fixture.stop();
});

describe('a delivery that was accepted', () => {
  test('and another about the same head at the same time make one run', async () => {
    const number = await openChange('twice');
    const headSha = await shop.headOf('twice');
    const moved: ForgeEvent = { kind: 'head-moved', change: changeOf(number), headSha, draft: false };
    const deliveries = [openedEvent(number), moved, openedEvent(number), moved].map(deliveryOf);
    for (const delivery of deliveries) await acceptDelivery(store, delivery);

    await Promise.all(deliveries.map((delivery) => handleDelivery(work, delivery, noSignal)));

    expect(await runsOf(number)).toMatchObject([{ generation: 1, cancel: null }]);
  });

  test('starts one run of the head as it is now, with its teardown promised, however often it is handled', async () => {
    const number = await openChange('one');
    const delivery = deliveryOf(openedEvent(number));
    const answers = [await acceptDelivery(store, delivery), await acceptDelivery(store, delivery)];
    await handleDelivery(work, delivery, noSignal);
    await handleDelivery(work, delivery, noSignal);

    const runs = await runsOf(number);
    expect(answers).toEqual(['new', 'known']);
    expect(runs).toMatchObject([{ generation: 1, trigger: 'opened', headSha: await shop.headOf('one'), cancel: null }]);
    expect((await teardownOf(store, runs[0]?.id ?? ''))?.state).toBe('promised');
    expect(await unhandledDeliveries(store, new Date())).not.toContain(delivery.id);
  });

  test('for an older head starts a run of the newest, and the delivery of that one starts nothing more', async () => {
    const number = await openChange('two');
    const opened = deliveryOf(openedEvent(number));
    const moved = await shop.pushTo('two', { user: 'olivia', files: { 'a.txt': 'newer' } });
    await deliver(opened);
    await deliver(deliveryOf({ kind: 'head-moved', change: changeOf(number), headSha: moved, draft: false }));

    expect(await runsOf(number)).toMatchObject([{ generation: 1, headSha: moved }]);
  });

  test('of a newer head cancels the older run and takes its place', async () => {
    const number = await openChange('three');
    await deliver(deliveryOf(openedEvent(number)));
    const moved = await shop.pushTo('three', { user: 'olivia', files: { 'a.txt': 'newer' } });
    await deliver(deliveryOf({ kind: 'head-moved', change: changeOf(number), headSha: moved, draft: false }));

    expect(await runsOf(number)).toMatchObject([
      { generation: 2, headSha: moved, cancel: null },
      { generation: 1, cancel: 'superseded' },
    ]);
  });

  test('of a close cancels what runs', async () => {
    const number = await openChange('four');
    await deliver(deliveryOf(openedEvent(number)));
    await shop.close(number, 'olivia');
    await deliver(deliveryOf({ kind: 'change-closed', change: changeOf(number), merged: false }));

    expect(await runsOf(number)).toMatchObject([{ generation: 1, cancel: 'closed' }]);
  });

  test('that cannot be understood now, because the forge is away, leaves no trace and may be tried again', async () => {
    const number = await openChange('five');
    const delivery = deliveryOf(openedEvent(number));
    await acceptDelivery(store, delivery);
    const away = { ...work, forge: fixture.forgeWith({ apiUrl: 'http://127.0.0.1:1' }) };

    await expect(handleDelivery(away, delivery, noSignal)).rejects.toMatchObject({ remedy: 'retry' });
    expect(await runsOf(number)).toEqual([]);
    expect(await unhandledDeliveries(store, new Date())).toContain(delivery.id);
  });
});

describe('a command in a comment', () => {
  test('is done once per comment, also when it comes with another delivery id', async () => {
    const number = await openChange('command');
    const commentId = await shop.comment(number, 'olivia', '/greenroom redeploy');
    const event = commandEvent(number, commentId, 'olivia', '/greenroom redeploy');
    await deliver(deliveryOf(event));
    await deliver(deliveryOf(event));

    expect(await runsOf(number)).toMatchObject([{ generation: 1, trigger: 'command' }]);
    expect(fixture.github.reactionsOf(commentId).map((one) => one.content)).toEqual(['rocket']);
  });

  test('by somebody who may not write does nothing, and says why', async () => {
    const number = await openChange('stranger');
    const commentId = await shop.comment(number, 'rita', '/greenroom redeploy');
    await deliver(deliveryOf(commandEvent(number, commentId, 'rita', '/greenroom redeploy')));

    expect(await runsOf(number)).toEqual([]);
    expect(fixture.github.reactionsOf(commentId).map((one) => one.content)).toEqual(['-1']);
    expect(shop.commentsOf(number).at(-1)?.body).toContain('write permission');
  });

  test('is no command in a comment that only speaks of other things: no reaction, no run', async () => {
    const number = await openChange('chat');
    const commentId = await shop.comment(number, 'olivia', 'Looks good to me.');
    await deliver(deliveryOf(commandEvent(number, commentId, 'olivia', 'Looks good to me.')));

    expect(await runsOf(number)).toEqual([]);
    expect(fixture.github.reactionsOf(commentId)).toEqual([]);
  });
});

describe('a change that runs nothing still ends concluded', () => {
  test('from a fork it waits for a person, with the reason on the check, and neither cluster nor registry is asked', async () => {
    const { number, head } = await openFromFork('gift');
    await deliver(deliveryOf(openedEvent(number)));
    const run = await perform(number);

    expect(run.document).toMatchObject({
      verdict: 'failed',
      failure: { code: 'AWAITING_APPROVAL' },
      environment: null,
    });
    expect(checksOf(head)).toEqual([['greenroom', 'action_required']]);
    expect(shop.checksOf(head)[0]?.title).toContain('fork');
  });

  test('from a fork it runs once somebody who may write approves the full SHA, once only, and until the next push', async () => {
    const { number, head } = await openFromFork('patch');
    await deliver(deliveryOf(openedEvent(number)));
    await perform(number);
    const waiting = shop.checksOf(head).at(-1)?.summary;
    const said = [
      await say(number, 'rita', `/greenroom approve ${head}`),
      await say(number, 'olivia', `/greenroom approve ${head.slice(0, 10)}`),
      await say(number, 'olivia', `/greenroom approve ${await shop.headOf('main')}`),
      await say(number, 'olivia', `/greenroom approve ${head}`),
      await say(number, 'mia', `/greenroom approve ${head}`),
    ];
    const approved = await perform(number);
    const moved = await fork.pushTo('patch', { user: 'stranger', files: { 'patch.txt': 'and more' } });
    await deliver(deliveryOf({ kind: 'head-moved', change: changeOf(number), headSha: moved, draft: false }));
    const after = await perform(number);

    expect(said.map((commentId) => fixture.github.reactionsOf(commentId).map((one) => one.content))).toEqual([
      ['-1'],
      ['confused'],
      ['-1'],
      ['rocket'],
      ['rocket'],
    ]);
    const replies = shop.commentsOf(number).map(({ body }) => body);
    expect(replies.filter((body) => body.includes('approved before'))).toHaveLength(1);
    expect(waiting).toContain(`/greenroom approve ${head}`);
    const summaries = shop.checksOf(head).map(({ summary }) => summary);
    expect(summaries).toContainEqual(expect.stringContaining('let run by "olivia"'));
    // Beyond the gate: the registry, which nobody has.
    expect(approved.document).toMatchObject({ failure: { code: 'REGISTRY_UNREACHABLE' } });
    expect(after.document).toMatchObject({ failure: { code: 'AWAITING_APPROVAL' } });
    expect((await runsOf(number)).map((run) => [run.generation, run.headSha])).toEqual([
      [3, moved],
      [2, head],
      [1, head],
    ]);
  });

  test('from a fork it runs by the button of its check, pressed twice once, and by nobody who may not write', async () => {
    const { number, head } = await openFromFork('button');
    await deliver(deliveryOf(openedEvent(number)));
    const { id: runId } = await perform(number);
    const runs: number[] = [];
    for (const requestedBy of ['rita', 'olivia', 'olivia']) {
      const { fullName: repository } = shop;
      const pressed = { repository, headSha: head, runId, action: 'approve', requestedBy } as const;
      await deliver(deliveryOf({ kind: 'action-requested', ...pressed }));
      runs.push((await runsOf(number)).length);
    }

    expect(shop.checksOf(head)[0]?.actions.map((action) => action.identifier)).toEqual(['approve']);
    expect(runs).toEqual([1, 2, 2]);
    expect((await perform(number)).document).toMatchObject({ failure: { code: 'REGISTRY_UNREACHABLE' } });
  });

  test('from a fork it waits again under another base, though nobody told that the base is another', async () => {
    await shop.pushTo('lax', { user: 'olivia', files: { 'lax.txt': 'fewer rules' } });
    const { number, head } = await openFromFork('rebased');
    await deliver(deliveryOf(openedEvent(number)));
    await say(number, 'olivia', `/greenroom approve ${head}`);
    await shop.changeBase(number, 'lax', 'stranger');
    const refused = await say(number, 'olivia', '/greenroom redeploy');
    const runsBefore = (await runsOf(number)).length;
    const approved = await say(number, 'olivia', `/greenroom approve ${head}`);

    const reactions = [refused, approved].map((id) => fixture.github.reactionsOf(id).map((one) => one.content));
    expect(reactions).toEqual([['-1'], ['rocket']]);
    expect(runsBefore).toBe(2);
    expect(await runsOf(number)).toHaveLength(3);
  });

  test('without a greenroom.yaml anywhere it is neutral, and gets no comment', async () => {
    const bare = await fixture.github.createRepository('bare', {});
    const head = await bare.pushTo('one', { user: 'olivia', files: { 'a.txt': 'a' } });
    const number = await bare.openPullRequest({ title: 'One', user: 'olivia', head: 'one' });
    await deliver(deliveryOf(openedEvent(number, bare)));
    const run = await perform(number, bare);

    expect(run.document.verdict).toBe('skipped');
    expect(checksOf(head, bare)).toEqual([['greenroom', 'neutral']]);
    expect(bare.commentsOf(number)).toEqual([]);
  });

  test('with a broken greenroom.yaml it is red, with every problem and its line', async () => {
    const number = await openChange('broken', { 'greenroom.yaml': 'version: 1\nsuits: []\n' });
    const head = await shop.headOf('broken');
    await deliver(deliveryOf(openedEvent(number)));
    const run = await perform(number);

    expect(run.document.failure).toMatchObject({ class: 'product', code: 'CONFIG_INVALID' });
    expect(run.document.failure?.evidence).toContainEqual(
      expect.stringMatching(/^greenroom\.yaml:2:1: unknown key "suits"/),
    );
    expect(checksOf(head)).toEqual([['greenroom', 'failure']]);
  });
});

function perform(number: number, repository = shop): Promise<Run> {
  return performNewest({ store, forge, folder: fixture.folder }, changeOf(number, repository));
}

async function openChange(branch: string, files: Record<string, string> = { 'a.txt': branch }): Promise<number> {
  await shop.pushTo(branch, { user: 'olivia', files });
  return shop.openPullRequest({ title: branch, user: 'olivia', head: branch });
}

async function openFromFork(branch: string): Promise<{ number: number; head: string }> {
  const head = await fork.pushTo(branch, { user: 'stranger', files: { [`${branch}.txt`]: 'here' } });
  const number = await shop.openPullRequest({ title: branch, user: 'stranger', head: `stranger:${branch}` });
  return { number, head };
}

async function say(number: number, user: string, body: string): Promise<string> {
  const commentId = await shop.comment(number, user, body);
  await deliver(deliveryOf(commandEvent(number, commentId, user, body)));
  return commentId;
}

async function deliver(delivery: Delivery): Promise<void> {
  await acceptDelivery(store, delivery);
  await handleDelivery(work, delivery, noSignal);
}

function deliveryOf(event: ForgeEvent): Delivery {
  sequence += 1;
  return { id: `delivery-${sequence}`, forge: 'github', name: 'any', receivedAt: new Date().toISOString(), event };
}

function changeOf(number: number, repository = shop) {
  return { repository: repository.fullName, number };
}

function openedEvent(number: number, repository = shop): ForgeEvent {
  const headSha = repository.pull(number).head.sha;
  return { kind: 'change-opened', change: changeOf(number, repository), headSha, draft: false, how: 'opened' };
}

function commandEvent(number: number, commentId: string, author: string, body: string): ForgeEvent {
  return { kind: 'command', change: changeOf(number), commentId, author, authorIsBot: false, body };
}

function runsOf(number: number, repository = shop): Promise<Run[]> {
  return runsOfChange(store, changeIdOf(repository.fullName, number));
}

function checksOf(sha: string, repository = shop): (string | null)[][] {
  return repository.checksOf(sha).map((check) => [check.name, check.conclusion]);
}
