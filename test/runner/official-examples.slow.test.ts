import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decide } from '../../src/event/decide.ts';
import type { DecideContext, Decision } from '../../src/event/decision.ts';
import type { ForgeEvent } from '../../src/event/event.ts';
import { createLog } from '../../src/log.ts';
import { handleDelivery } from '../../src/runner/handle-delivery.ts';
import { claimDelivery } from '../../src/store/deliveries.ts';
import { recentRuns } from '../../src/store/runs.ts';
import { type OfficialExample, officialExamples } from '../forge/official-examples.ts';
import { noSignal } from '../forge/stand-in-fixture.ts';
import { signedRequest } from '../webhook/signed-delivery.ts';
import { type ForgeStage, openForgeStage } from './forge-stage.ts';

/**
 * What each of GitHub's own examples comes to, where the forge has everything as the delivery says, and nothing of it is known to us
 * before. What is not listed is an event of which nothing follows.
 */
const comesTo: Record<string, [ForgeEvent['kind'], Decision['kind']]> = {
  'check_run rerequested': ['rerun-requested', 'start'],
  'check_suite rerequested': ['rerun-requested', 'start'],
  'deployment_status created': ['image-announced', 'look-again'],
  'installation created': ['repositories-changed', 'look-again'],
  'installation deleted': ['repositories-changed', 'look-again'],
  'installation new_permissions_accepted': ['repositories-changed', 'look-again'],
  'installation suspend': ['repositories-changed', 'look-again'],
  'installation unsuspend': ['repositories-changed', 'look-again'],
  'installation_repositories added': ['repositories-changed', 'look-again'],
  'installation_repositories removed': ['repositories-changed', 'look-again'],
  'merge_group checks_requested': ['queue-entered', 'start'],
  'package published': ['image-announced', 'look-again'],
  // Closed before we heard of it: there is nothing to tear down.
  'pull_request closed': ['change-closed', 'ignore'],
  'pull_request opened': ['change-opened', 'start'],
  'pull_request ready_for_review': ['change-opened', 'start'],
  'pull_request reopened': ['change-opened', 'start'],
  'pull_request synchronize': ['head-moved', 'start'],
  'repository_dispatch on-demand-test': ['image-announced', 'look-again'],
  'workflow_run completed': ['image-announced', 'look-again'],
};

let stage: ForgeStage;
let examples: OfficialExample[];

beforeAll(async () => {
  stage = await openForgeStage();
  examples = await officialExamples();
});
afterAll(async () => {
  stage.fixture.github.assertClean();
  await stage.close();
});

test('each of them, signed, is taken and comes to what the table says', async () => {
  const found: Record<string, unknown> = {};
  const statuses = new Set<number>();
  for (const [index, { name, action, body }] of examples.entries()) {
    statuses.add((await post(`example-${index}`, name, body)).status);
    const event = await eventOf(`example-${index}`);
    const { kind } = decide(event, asItSays(event));
    const key = action === '' ? name : `${name} ${action}`;
    if (event.kind !== 'other' || kind !== 'ignore') found[key] = [event.kind, kind];
    else expect(event.why).not.toContain('garbles');
  }

  expect(examples).toHaveLength(329);
  expect([...statuses]).toEqual([202]);
  expect(found).toEqual(comesTo);
});

test('each of them is handled: of repositories that the App may not see nothing follows', async () => {
  const decided: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      decided.push(...[...chunk.toString().matchAll(/"decision":"([a-z-]+)"/g)].map(([, kind = '']) => kind));
      done();
    },
  });
  const work = { ...stage.events, log: createLog('info', destination) };
  for (const index of examples.keys()) {
    const delivery = await stage.store.transaction((tx) => claimDelivery(tx, `example-${index}`, 60_000));
    if (delivery === null) throw new Error(`example ${index} was not accepted`);
    await handleDelivery(work, delivery, noSignal);
  }

  expect(decided).toHaveLength(329);
  expect(new Set(decided)).toEqual(new Set(['ignore', 'look-again']));
  expect(await recentRuns(stage.store)).toEqual([]);
});

test('with fields of tomorrow, and without any field of today, they are taken as well', async () => {
  const statuses = new Set<number>();
  for (const [index, { name, body }] of examples.entries()) {
    const more = { ...body, tomorrow: { nested: [null, index] }, action: body.action ?? 'of-tomorrow' };
    statuses.add((await post(`more-${index}`, name, more)).status);
    statuses.add((await post(`less-${index}`, name, { action: body.action })).status);
    statuses.add((await post(`none-${index}`, `${name}_of_tomorrow`, body)).status);
  }

  expect([...statuses]).toEqual([202]);
});

async function post(id: string, event: string, body: object): Promise<Response> {
  const { webhookSecret } = stage.fixture.github;
  return await fetch(stage.webhookUrl, signedRequest(JSON.stringify(body), { id, event, secret: webhookSecret }));
}

async function eventOf(id: string): Promise<ForgeEvent> {
  const row = await stage.store.db
    .selectFrom('deliveries')
    .select('event')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return row.event;
}

/** The forge has it as the delivery says, and whoever asks may write. */
function asItSays(event: ForgeEvent): DecideContext {
  const headSha = 'headSha' in event ? event.headSha : 'a'.repeat(40);
  const state = { draft: false, headSha, baseRef: 'main', author: 'octocat', trusted: true };
  const isAboutAChange = event.kind !== 'image-announced' && event.kind !== 'repositories-changed';
  return {
    change: isAboutAChange && event.kind !== 'other' ? { ...state, open: event.kind !== 'change-closed' } : null,
    liveRuns: [],
    validatedShas: [],
    newestGeneration: 0,
    newestHeadSha: null,
    config: { kind: 'present', triggers: { 'paths-ignore': [], drafts: 'skip' }, suites: ['smoke'] },
    changedFiles: ['src/app.ts'],
    greenSuites: [],
    pressedGeneration: null,
    approvals: { fork: null, gate: null },
    gated: false,
    handledComments: new Set(),
    permission: 'write',
  };
}
