import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CheckReport, Forge } from '../../src/forge/forge.ts';
import { publishedLimits } from '../../src/forge/github-stand-in/rate-limits.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { noSignal, type StandInFixture, startFixture } from './stand-in-fixture.ts';

let fixture: StandInFixture;
let forge: Forge;
let shop: StandInRepository;
let change: { repository: string; number: number };

beforeAll(async () => {
  fixture = await startFixture({ limits: { pauseSeconds: 2 } });
  forge = fixture.forgeWith();
  shop = await fixture.github.createRepository('shop', {});
  await shop.pushTo('search', { user: 'olivia', files: { a: 'b' } });
  const number = await shop.openPullRequest({ title: 'Find things', user: 'olivia', head: 'search' });
  change = { repository: shop.fullName, number };
});
afterEach(() => {
  Object.assign(fixture.github.rateLimits, { limits: { ...publishedLimits, pauseSeconds: 2 } });
  fixture.github.assertClean();
});
afterAll(() => fixture.stop());

function aCheck(name: string, part: Partial<CheckReport> = {}): CheckReport {
  return {
    name,
    headSha: shop.pull(change.number).head.sha,
    externalId: 'run-1',
    detailsUrl: null,
    status: 'in_progress',
    conclusion: null,
    startedAt: null,
    completedAt: null,
    title: name,
    summary: 'Words.',
    text: null,
    annotations: [],
    ...part,
  };
}

const concluded = { status: 'completed', conclusion: 'success' } as const;

test('what has not changed is free', async () => {
  await forge.getChange(change, noSignal);
  const before = forge.quotas().find(({ holder }) => holder !== 'app')?.remaining;
  for (let n = 0; n < 5; n++) expect((await forge.getChange(change, noSignal)).title).toBe('Find things');

  expect(forge.quotas().find(({ holder }) => holder !== 'app')).toMatchObject({ limit: 5000, remaining: before });
});

test('what has changed is seen at once', async () => {
  const before = await forge.getChange(change, noSignal);
  await shop.pushTo('search', { user: 'olivia', files: { a: 'c' } });

  expect((await forge.getChange(change, noSignal)).headSha).not.toBe(before.headSha);
});

describe('under a secondary limit', () => {
  /** Asks for so much that GitHub wants a pause, and tells how the last request ended. */
  async function exhaust(): Promise<void> {
    const { rateLimits } = fixture.github;
    Object.assign(rateLimits, { limits: { ...publishedLimits, creationsPerMinute: 0, pauseSeconds: 2 } });
    await expect(forge.reply(change, 'one too many', noSignal)).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE' });
    Object.assign(rateLimits, { limits: { ...publishedLimits, pauseSeconds: 2 } });
  }

  test('nothing is sent before the pause is over, the conclusion goes first, and nothing that matters is lost', async () => {
    const { repository } = change;
    const [aggregate, suite] = [
      await forge.putCheck(repository, null, aCheck('greenroom'), noSignal),
      await forge.putCheck(repository, null, aCheck('greenroom / load'), noSignal),
    ];
    const begun: string[] = [];
    const beginning = (what: string) => async () => void begun.push(what);
    await exhaust();
    const ignored = fixture.github.rateLimits.ignoredPauses;
    const askedAt = performance.now();

    const [progress, ...told] = await Promise.allSettled([
      forge.putCheck(repository, suite, aCheck('greenroom / load', { title: '10 %' }), noSignal, beginning('progress')),
      forge.reply(change, 'No.', noSignal),
      forge.putCheck(repository, suite, aCheck('greenroom / load', concluded), noSignal, beginning('suite')),
      forge.putCheck(repository, aggregate, aCheck('greenroom', concluded), noSignal, beginning('conclusion')),
    ]);

    expect(progress).toMatchObject({ status: 'rejected', reason: { code: 'FORGE_UNREACHABLE' } });
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(performance.now() - askedAt).toBeGreaterThan(1000);
    expect(begun).toEqual(['conclusion', 'suite']);
    expect(fixture.github.rateLimits.ignoredPauses).toBe(ignored);
  });

  test('a pause longer than anybody waits for is told at once', async () => {
    fixture.github.failNext('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      kind: 'answer',
      answer: {
        status: 403,
        body: { message: 'You have exceeded a secondary rate limit.' },
        headers: { 'retry-after': '600' },
      },
    });
    const patient = fixture.forgeWith();
    await expect(patient.reply(change, 'no', noSignal)).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE' });

    await expect(patient.reply(change, 'no', noSignal)).rejects.toMatchObject({
      hint: expect.stringContaining('pause until'),
    });
  });
});
