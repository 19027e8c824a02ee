import { App, Octokit, RequestError } from 'octokit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { publishedLimits } from '../../src/forge/github-stand-in/rate-limits.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { type StandInFixture, startFixture } from './stand-in-fixture.ts';

let fixture: StandInFixture;
let shop: StandInRepository;
let head: string;
/** As an installation; plain, so that what is wrong goes out as it is. */
let app: Octokit;

beforeAll(async () => {
  fixture = await startFixture();
  shop = await fixture.github.createRepository('shop', {});
  head = await shop.headOf('main');
  const { appId, privateKey, apiUrl } = fixture.github;
  const quiet = { retry: { enabled: false }, throttle: { enabled: false } };
  const whole = new App({ appId, privateKey, Octokit: Octokit.defaults({ baseUrl: apiUrl, ...quiet }) });
  const { data } = await whole.octokit.request('GET /repos/{owner}/{repo}/installation', {
    owner: 'acme',
    repo: 'shop',
  });
  app = (await whole.getInstallationOctokit(data.id)) as Octokit;
});
afterEach(() => {
  Object.assign(fixture.github.rateLimits, {
    limits: { ...publishedLimits, creationsPerMinute: 1e9, creationsPerHour: 1e9 },
  });
  fixture.github.assertClean();
});
afterAll(() => fixture.stop());

const repository = { owner: 'acme', repo: 'shop' };

async function refusalOf(work: Promise<unknown>): Promise<{ status: number; retryAfter: unknown }> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RequestError)) throw new Error(`expected a refusal, got ${String(error)}`);
  return { status: error.status, retryAfter: error.response?.headers['retry-after'] };
}

function create(fields: object): Promise<{ data: { id: number; status: string; conclusion: string | null } }> {
  const all = { ...repository, name: 'x', head_sha: head, ...fields };
  return app.request('POST /repos/{owner}/{repo}/check-runs', all as never) as never;
}

async function update(id: number, fields: object): Promise<{ status: string; conclusion: string | null }> {
  const all = { ...repository, check_run_id: id, ...fields };
  const { data } = await app.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', all as never);
  return data as { status: string; conclusion: string | null };
}

describe('checks', () => {
  test('a completed one has a conclusion', async () => {
    expect((await refusalOf(create({ status: 'completed' }))).status).toBe(422);
  });

  test('nobody but GitHub says "stale"', async () => {
    expect((await refusalOf(create({ conclusion: 'stale', status: 'completed' }))).status).toBe(422);
  });

  test('a conclusion completes, and another status takes it away', async () => {
    const { data } = await create({ status: 'queued' });

    expect(await update(data.id, { conclusion: 'success' })).toMatchObject({
      status: 'completed',
      conclusion: 'success',
    });
    expect(await update(data.id, { status: 'in_progress' })).toMatchObject({ status: 'in_progress', conclusion: null });
  });

  test('annotations append, fifty at a time', async () => {
    const annotations = Array.from({ length: 50 }, (_, line) => ({
      path: 'a',
      start_line: line + 1,
      end_line: line + 1,
      annotation_level: 'notice',
      message: 'm',
    }));
    const output = { title: 't', summary: 's', annotations };
    const { data } = await create({ status: 'in_progress', output });
    for (let n = 0; n < 2; n++) await update(data.id, { output });

    const { data: check } = await app.request('GET /repos/{owner}/{repo}/check-runs/{check_run_id}', {
      ...repository,
      check_run_id: data.id,
    });
    expect(check.output.annotations_count).toBe(150);
  });

  test('asking for one again leaves it as it is', async () => {
    const { data } = await create({ status: 'completed', conclusion: 'failure' });
    await app.request('POST /repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest', {
      ...repository,
      check_run_id: data.id,
    });

    expect(await update(data.id, { name: 'x' })).toMatchObject({ status: 'completed', conclusion: 'failure' });
  });
});

describe('limits', () => {
  const limit = (part: Partial<typeof publishedLimits>) =>
    Object.assign(fixture.github.rateLimits, { limits: { ...publishedLimits, pauseSeconds: 1, ...part } });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1100));

  test('too much that is new in a minute asks for a pause, in which every request is refused and counted', async () => {
    limit({ creationsPerMinute: 0 });
    expect(await refusalOf(create({}))).toEqual({ status: 403, retryAfter: '1' });
    const ignored = fixture.github.rateLimits.ignoredPauses;

    const read = app.request('GET /repos/{owner}/{repo}/pulls', repository);

    expect(await refusalOf(read)).toEqual({ status: 403, retryAfter: '1' });
    expect(fixture.github.rateLimits.ignoredPauses).toBe(ignored + 1);
    limit({});
    await pause();
    await create({});
  });

  test.each([
    ['points', { pointsPerMinute: 1 }],
    ['creations in an hour', { creationsPerHour: 0 }],
    ['requests at once', { atOnce: 0 }],
  ])('so do too many %s', async (_, part) => {
    limit(part);

    expect((await refusalOf(create({}))).retryAfter).toBe('1');
    limit({});
    await pause();
  });

  test('the hourly limit says when it is whole again; what has not changed costs nothing of it', async () => {
    const url = 'GET /repos/{owner}/{repo}/pulls';
    const first = await app.request(url, repository);
    const remaining = Number(first.headers['x-ratelimit-remaining']);
    const again = app.request(url, { ...repository, headers: { 'if-none-match': String(first.headers.etag) } });
    expect((await refusalOf(again)).status).toBe(304);
    const second = await app.request(url, repository);
    expect(Number(second.headers['x-ratelimit-remaining'])).toBe(remaining - 1);

    limit({ perHour: 1 });

    expect(await refusalOf(app.request(url, repository))).toEqual({ status: 403, retryAfter: undefined });
  });
});
