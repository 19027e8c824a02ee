import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { explain, RunError } from '../../src/errors.ts';
import type { Forge } from '../../src/forge/forge.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { noSignal, type StandInFixture, startFixture } from './stand-in-fixture.ts';

const readPull = 'GET /repos/{owner}/{repo}/pulls/{pull_number}';
const writeComment = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';

let fixture: StandInFixture;
let forge: Forge;
let shop: StandInRepository;
let change: { repository: string; number: number };

beforeAll(async () => {
  fixture = await startFixture({ appPermissions: { metadata: 'read', contents: 'read', pull_requests: 'write' } });
  forge = fixture.forgeWith();
  shop = await fixture.github.createRepository('shop', {});
  await shop.pushTo('search', { user: 'olivia', files: { a: 'b' } });
  const number = await shop.openPullRequest({ title: 'Find things', user: 'olivia', head: 'search' });
  change = { repository: shop.fullName, number };
});
afterEach(() => fixture.github.assertClean());
afterAll(() => fixture.stop());

async function refusalOf(work: Promise<unknown>): Promise<RunError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RunError)) throw new Error(`expected a RunError, got ${String(error)}`);
  return error;
}

function broken(status: number, headers: Record<string, string> = {}, body = 'bad gateway') {
  return { kind: 'broken', status, body, headers } as const;
}

describe('what a retry cures', () => {
  test('one bad gateway while reading is not even noticed', async () => {
    fixture.github.failNext(readPull, broken(502));

    expect((await forge.getChange(change, noSignal)).title).toBe('Find things');
  });

  test('a GitHub that stays broken is unreachable', async () => {
    for (let attempt = 0; attempt < 3; attempt += 1) fixture.github.failNext(readPull, broken(502));

    expect(await refusalOf(forge.getChange(change, noSignal))).toMatchObject({
      code: 'FORGE_UNREACHABLE',
      remedy: 'retry',
      message: 'reading the change acme/shop#1',
    });
  });

  test('what must not be sent twice is not, so a comment is never doubled', async () => {
    fixture.github.failNext(writeComment, broken(502));

    const error = await refusalOf(forge.reply(change, 'once', noSignal));

    expect(error.remedy).toBe('retry');
    expect(shop.commentsOf(change.number).filter(({ body }) => body === 'once')).toEqual([]);
  });

  test('nobody listening is unreachable, and names what was asked', async () => {
    const nowhere = fixture.forgeWith({ apiUrl: 'http://127.0.0.1:9/api/v3' });

    expect(await refusalOf(nowhere.getChange(change, noSignal))).toMatchObject({
      code: 'FORGE_UNREACHABLE',
      remedy: 'retry',
    });
  });

  test('no answer in time is unreachable', async () => {
    const impatient = fixture.forgeWith({ requestTimeoutMs: 1500 });
    await impatient.getChange(change, noSignal);
    const { promise: until, resolve: release } = Promise.withResolvers<void>();
    fixture.github.failNext(readPull, { kind: 'hang', until });

    const error = await refusalOf(impatient.getChange(change, noSignal));
    release();

    expect(error.code).toBe('FORGE_UNREACHABLE');
    expect(explain(error)).toContain('1500 ms');
  });

  test.each([
    [429, { 'retry-after': '30' }],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '4102444800' }],
  ])('after a rate limit (%i) GitHub is left alone for as long as it asked', async (status, headers) => {
    const limited = fixture.forgeWith();
    const body = JSON.stringify({ message: 'You have exceeded a secondary rate limit.' });
    fixture.github.failNext(readPull, broken(status, { ...headers, 'content-type': 'application/json' }, body));

    const first = await refusalOf(limited.getChange(change, noSignal));
    const second = await refusalOf(limited.getChange(change, noSignal));

    expect([first.code, second.code]).toEqual(['FORGE_UNREACHABLE', 'FORGE_UNREACHABLE']);
    expect(second.hint).toMatch(/GitHub asked for a pause until \d{4}-/);
  });

  test('an expired token is replaced without a word', async () => {
    const patient = fixture.forgeWith();
    await patient.getChange(change, noSignal);
    fixture.github.forgetInstallationTokens();

    const found = await patient.getChange(change, noSignal);

    expect(found.number).toBe(change.number);
  });
});

describe('what a person cures', () => {
  test('a change that does not exist', async () => {
    const error = await refusalOf(forge.getChange({ ...change, number: 4711 }, noSignal));

    expect(error).toMatchObject({ code: 'FORGE_REFUSED', remedy: 'fix-input' });
  });

  test('a missing permission is named', async () => {
    const check = {
      name: 'greenroom',
      headSha: await shop.headOf('search'),
      externalId: 'run-1',
      detailsUrl: null,
      status: 'queued' as const,
      conclusion: null,
      startedAt: null,
      completedAt: null,
      title: 'Queued',
      summary: '',
      text: null,
      annotations: [],
    };

    const error = await refusalOf(forge.putCheck(shop.fullName, null, check, noSignal));

    expect(error).toMatchObject({
      code: 'FORGE_REFUSED',
      remedy: 'fix-input',
      hint: expect.stringContaining('checks: write'),
    });
  });

  test("another App's key", async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

    const error = await refusalOf(fixture.forgeWith({ privateKey: pem }).getChange(change, noSignal));

    expect(error).toMatchObject({
      code: 'FORGE_REFUSED',
      hint: expect.stringContaining('GREENROOM_GITHUB_PRIVATE_KEY'),
    });
  });

  test('a key that is none is found at once', () => {
    expect(() => fixture.forgeWith({ privateKey: 'not a key' })).toThrow(RunError);
  });

  test("a repository's name that is none", async () => {
    expect(await refusalOf(forge.listOpenChanges('shop', noSignal))).toMatchObject({ remedy: 'fix-input' });
  });
});

describe('what the caller ends', () => {
  test("a request under way ends with the caller's own reason", async () => {
    const controller = new AbortController();
    const { promise: until, resolve: release } = Promise.withResolvers<void>();
    fixture.github.failNext(readPull, { kind: 'hang', until });
    const asked = forge.getChange(change, controller.signal);

    controller.abort(new Error('superseded'));

    await expect(asked).rejects.toThrow('superseded');
    release();
  });

  test('nothing is sent for a signal that is aborted already', async () => {
    await expect(forge.reply(change, 'never', AbortSignal.abort(new Error('closed')))).rejects.toThrow('closed');

    expect(shop.commentsOf(change.number).filter(({ body }) => body === 'never')).toEqual([]);
  });
});
