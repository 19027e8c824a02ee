import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ForgeEvent } from '../../../src/event/event.ts';
import type { Forge } from '../../../src/forge/forge.ts';
import type { StandInRepository } from '../../../src/forge/github-stand-in/stand-in-repository.ts';
import { silentLog } from '../../../src/log.ts';
import type { Run } from '../../../src/run/run.ts';
import { type EventHandling, handleEvent } from '../../../src/runner/handle-event.ts';
import type { Fences } from '../../../src/runner/policies/fences.ts';
import { PolicyKnowledge } from '../../../src/runner/policies/policy-knowledge.ts';
import { type PolicyFinding, probePolicies } from '../../../src/runner/policies/probe-policies.ts';
import type { Stage } from '../../../src/runner/stage.ts';
import type { Store } from '../../../src/store/store.ts';
import { noSignal, type StandInFixture, startFixture } from '../../forge/stand-in-fixture.ts';
import { openEmbeddedStore } from '../../store/embedded-store.ts';
import { performNewest, smallConfig } from '../perform-newest.ts';

/** The first thing that is asked for once a change may run: a registry that nobody has. */
const beyondTheFences = 'REGISTRY_UNREACHABLE';
let fixture: StandInFixture;
let forge: Forge;
let store: Store;
let events: EventHandling;
let shop: StandInRepository;
let fork: StandInRepository;

beforeAll(async () => {
  fixture = await startFixture();
  forge = fixture.forgeWith();
  store = await openEmbeddedStore({ log: silentLog(), wakeUps: 'none' });
  events = { store, forge, log: silentLog(), maxTtlMs: 3_600_000, extend: async () => undefined };
  shop = await fixture.github.createRepository('shop', { files: { 'greenroom.yaml': smallConfig } });
  fork = await fixture.github.fork(shop, 'stranger');
});

afterAll(async () => {
  fixture.github.assertClean();
  await store.close();
  await fixture.stop();
});

const found = (enforced: PolicyFinding['enforced']) => async () => ({ enforced, detail: 'as seen', leftover: null });

describe('an approved change from a fork', () => {
  test('is not run where policies do not hold, and its check says why and whose turn it is', async () => {
    const { head, number } = await approvedFromFork('ignored');
    const run = await perform(number, fences(found('no')));

    expect(run.document).toMatchObject({
      verdict: 'errored',
      failure: { code: 'POLICIES_NOT_ENFORCED', class: 'environment' },
      environment: null,
    });
    expect(shop.checksOf(head)).toContainEqual(
      expect.objectContaining({
        name: 'greenroom',
        conclusion: 'failure',
        title: expect.stringMatching(/^Not tested: .*NetworkPolicies/),
        summary: expect.stringContaining('GREENROOM\\_UNFENCED\\_FORKS'),
      }),
    );
  });

  test('is not run where nothing can be found out, which says what kept us from it', async () => {
    const { number } = await approvedFromFork('unknown');
    const real = (stage: Stage) => (signal: AbortSignal) =>
      probePolicies({ ...stage, image: async () => 'any', signal });
    const run = await perform(number, (stage) => fences(real(stage))(stage));

    expect(run.document.failure).toMatchObject({ code: 'POLICIES_UNKNOWN', class: 'environment' });
    expect(run.document.failure?.message).toContain('GET /version');
  });

  test.each([
    ['where policies hold', 'yes', 'refuse'],
    ['where they do not and the operator takes the risk', 'no', 'allow'],
    ['where nobody knows and the operator takes the risk', 'unknown', 'allow'],
  ] as const)('is run %s', async (_, enforced, unfenced) => {
    const { number } = await approvedFromFork(`run-${enforced}-${unfenced}`);
    const run = await perform(number, fences(found(enforced), unfenced));

    expect(run.document.failure?.code).toBe(beyondTheFences);
  });
});

test("a colleague's change is run whatever is known, and waits for no answer", async () => {
  await shop.pushTo('colleague', { user: 'olivia', files: { 'a.txt': 'a' } });
  const number = await shop.openPullRequest({ title: 'colleague', user: 'olivia', head: 'colleague' });
  await open(number);
  const run = await perform(
    number,
    fences(() => new Promise<never>(() => undefined)),
  );

  expect(run.document.failure?.code).toBe(beyondTheFences);
});

function fences(
  ask: (signal: AbortSignal) => Promise<PolicyFinding>,
  unfencedForks: Fences['unfencedForks'] = 'refuse',
) {
  return (stage: Stage): Stage => ({
    ...stage,
    fences: { knowledge: new PolicyKnowledge({ ask, onFound: () => undefined }), unfencedForks },
  });
}

function perform(number: number, furnish: (stage: Stage) => Stage): Promise<Run> {
  return performNewest({ store, forge, folder: fixture.folder }, changeOf(number), furnish);
}

async function approvedFromFork(branch: string): Promise<{ number: number; head: string }> {
  const head = await fork.pushTo(branch, { user: 'stranger', files: { [`${branch}.txt`]: 'here' } });
  const number = await shop.openPullRequest({ title: branch, user: 'stranger', head: `stranger:${branch}` });
  await open(number);
  // Waits for a person first, whatever the cluster is like.
  await perform(number, fences(found('yes')));
  const body = `/greenroom approve ${head}`;
  const commentId = await shop.comment(number, 'olivia', body);
  await handle({ kind: 'command', change: changeOf(number), commentId, author: 'olivia', authorIsBot: false, body });
  return { number, head };
}

async function open(number: number): Promise<void> {
  const headSha = shop.pull(number).head.sha;
  await handle({ kind: 'change-opened', change: changeOf(number), headSha, draft: false, how: 'opened' });
}

async function handle(event: ForgeEvent): Promise<void> {
  await handleEvent(events, event, async () => true, noSignal);
}

function changeOf(number: number) {
  return { repository: shop.fullName, number };
}
