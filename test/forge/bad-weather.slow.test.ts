import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Forge } from '../../src/forge/forge.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { badWeather } from '../../src/forge/github-stand-in/weather.ts';
import { ForgePublisher } from '../../src/report/publish-to-forge.ts';
import type { Run } from '../../src/run/run.ts';
import { aRun, aSuite, context, redTest } from '../report/builders.ts';
import { aWorld } from '../report/publishing-world.ts';
import { noSignal, type StandInFixture, startFixture } from './stand-in-fixture.ts';

let fixture: StandInFixture;
let shop: StandInRepository;
let number: number;

beforeAll(async () => {
  fixture = await startFixture();
  shop = await fixture.github.createRepository('shop', {});
  await shop.pushTo('search', { user: 'olivia', files: { a: 'b' } });
  number = await shop.openPullRequest({ title: 'Find things', user: 'olivia', head: 'search' });
});
afterEach(() => {
  fixture.github.setWeather(null);
  fixture.github.setWebhookUrl(null);
  fixture.github.assertClean();
});
afterAll(() => fixture.stop());

/** As the queues and the reconcile do: what a retry cures is tried again. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: string }).code !== 'FORGE_UNREACHABLE' || attempt === 40) throw error;
      await delay(200);
    }
  }
}

function theRun(seed: number, part: Parameters<typeof aRun>[0]): Run {
  const headSha = shop.pull(number).head.sha;
  return aRun(part, {
    id: `run-${seed}`,
    repository: shop.fullName,
    change: number,
    changeId: `change-${seed}`,
    headSha,
  });
}

/** The token under which the App's own checks and comments can be looked at, whatever the weather. */
async function seen<T>(path: string): Promise<T> {
  fixture.github.setWeather(null);
  const authorization = `token ${fixture.github.tokenOf('ada')}`;
  const response = await fetch(`${fixture.github.apiUrl}/repos/${shop.fullName}${path}`, {
    headers: { authorization },
  });
  return (await response.json()) as T;
}

describe.each([1, 2, 3])('in bad weather (seed %i)', (seed) => {
  test('a run is told of to its end: one comment, and each check once, concluded', async () => {
    const forge: Forge = fixture.forgeWith({ deployments: true, requestTimeoutMs: 3000 });
    const { memory } = aWorld();
    const publisher = new ForgePublisher({
      forge,
      memory,
      context: () => context,
      onProblem: () => undefined,
      checksIntervalMs: 1,
      commentIntervalMs: 1,
    });
    const up = {
      name: 'provisioning' as const,
      status: 'passed' as const,
      startedAt: '2026-01-01T00:00:10.000Z',
      durationMs: 1,
    };
    const reds = Array.from({ length: 120 }, (_, line) => ({ ...redTest(), id: `t${line}`, line: line + 1 }));
    const red = aSuite({ status: 'failed', tests: reds });
    fixture.github.setWeather({ ...badWeather, seed });

    for (const document of [
      { phase: 'queued' as const },
      { phase: 'testing' as const, phases: [up], suites: [aSuite({ status: 'running' })] },
    ])
      await publisher.report(theRun(seed, document), noSignal);
    const judged = { verdict: 'failed' as const, reason: 'Red.', phases: [up], suites: [red] };
    await patiently(() => publisher.report(theRun(seed, { ...judged, phase: 'reporting' }), noSignal));
    const teardown = { ...aRun().document.teardown, status: 'gone' as const };
    await patiently(() => publisher.report(theRun(seed, { ...judged, phase: 'done', teardown }), noSignal));
    await patiently(async () => {
      await publisher.report(theRun(seed, { ...judged, phase: 'done', teardown }), noSignal);
      if ((await memory.deploymentOf(`run-${seed}`))?.state !== 'inactive')
        throw Object.assign(new Error('not yet'), { code: 'FORGE_UNREACHABLE' });
    });

    const { check_runs: checks } = await seen<{
      check_runs: { name: string; external_id: string; conclusion: string; output: { annotations_count: number } }[];
    }>(`/commits/${shop.pull(number).head.sha}/check-runs?filter=all&per_page=100`);
    const own = checks.filter((check) => check.external_id === `run-${seed}`);
    expect(own.map(({ name, conclusion, output }) => [name, conclusion, output.annotations_count]).sort()).toEqual([
      ['greenroom / shopping', 'failure', 120],
      ['greenroom', 'failure', 0],
    ]);
    const comments = await seen<{ body: string }[]>(`/issues/${number}/comments?per_page=100`);
    const ours = comments.filter(({ body }) => body.includes(`<!-- greenroom:change-${seed} `));
    expect(ours).toHaveLength(1);
    expect(ours[0]?.body).toContain('Receipt');
    const deployments = fixture.github.deployments.filter(
      ({ payload }) => typeof payload === 'object' && payload.run === `run-${seed}`,
    );
    expect(deployments.map(({ statuses }) => statuses.at(-1)?.state)).toEqual(['inactive']);
  });

  test('what is asked is answered truly, or not at all', async () => {
    const forge = fixture.forgeWith({ requestTimeoutMs: 3000 });
    const ref = { repository: shop.fullName, number };
    fixture.github.setWeather({ ...badWeather, seed });

    for (let n = 0; n < 10; n++) {
      expect(await patiently(() => forge.permissionOf(shop.fullName, 'rita', noSignal))).toBe('read');
      expect(await patiently(() => forge.permissionOf(shop.fullName, 'stranger', noSignal))).toBe('none');
      expect((await patiently(() => forge.getChange(ref, noSignal))).headSha).toBe(shop.pull(number).head.sha);
      expect(await patiently(() => forge.readFile(shop.fullName, shop.pull(number).head.sha, 'a', noSignal))).toBe('b');
    }
  });
});

test('deliveries come late, out of order and twice, the same bytes under the same GUID, and none is lost', async () => {
  const received: { guid: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    received.push({ guid: String(request.headers['x-github-delivery']), body });
    response.writeHead(202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fixture.github.setWebhookUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  fixture.github.setWeather({ ...badWeather, seed: 7, late: 0.5 });

  await Promise.all(Array.from({ length: 30 }, (_, n) => shop.comment(number, 'olivia', `word ${n}`)));
  await fixture.github.settled();
  server.close();

  const words = received.map(({ body }) => (JSON.parse(body) as { comment: { body: string } }).comment.body);
  expect(new Set(words).size).toBe(30);
  expect(received.length).toBeGreaterThan(30);
  expect(words).not.toEqual(words.toSorted((one, other) => Number(one.slice(5)) - Number(other.slice(5))));
  const bodies = Map.groupBy(received, ({ guid }) => guid);
  expect([...bodies.values()].every((same) => new Set(same.map(({ body }) => body)).size === 1)).toBe(true);
  expect(bodies.size).toBe(30);
});
