import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import { verify } from '@octokit/webhooks-methods';
import { Hono } from 'hono';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseDelivery } from '../../src/forge/github/parse-delivery.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { noSignal, type StandInFixture, startFixture } from './stand-in-fixture.ts';

const run = promisify(execFile);

let fixture: StandInFixture;
let receiver: ReturnType<typeof serve>;
let received: { headers: Record<string, string>; body: string }[] = [];
let answer = 202;
let count = 0;

beforeAll(async () => {
  fixture = await startFixture();
  const app = new Hono().post('/hook', async (context) => {
    received.push({ headers: context.req.header(), body: await context.req.text() });
    return context.text('', answer as 202);
  });
  await new Promise<void>((resolve) => {
    receiver = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
      fixture.github.setWebhookUrl(`http://127.0.0.1:${port}/hook`);
      resolve();
    });
  });
});
beforeEach(() => {
  received = [];
  answer = 202;
});
afterEach(() => fixture.github.assertClean());
afterAll(async () => {
  receiver.close();
  await fixture.stop();
});

async function aRepository(): Promise<StandInRepository> {
  count += 1;
  const repository = await fixture.github.createRepository(`shop-${count}`, { files: { 'README.md': '# Shop\n' } });
  await repository.pushTo('search', { user: 'olivia', files: { 'search.ts': 'export {};\n' } });
  return repository;
}

function events(): { name: string; action: string; kind: string }[] {
  return received.map(({ headers, body }) => {
    const name = headers['x-github-event'] ?? '';
    const payload = JSON.parse(body) as { action: string };
    return { name, action: payload.action, kind: parseDelivery(name, 'd', payload).kind };
  });
}

describe('deliveries', () => {
  test('a whole life of a change is told in order, signed, and valid', async () => {
    const shop = await aRepository();
    const number = await shop.openPullRequest({ title: 'Find', user: 'olivia', head: 'search', draft: true });
    await shop.markReady(number, 'olivia');
    await shop.pushTo('search', { user: 'olivia', files: { 'more.ts': '1\n' } });
    await shop.comment(number, 'olivia', '/greenroom redeploy');
    await shop.pushTo('other', { user: 'olivia', files: { x: 'y' } });
    await shop.changeBase(number, 'other', 'olivia');
    await shop.retitle(number, 'Find things', 'olivia');
    await shop.close(number, 'olivia');
    await shop.reopen(number, 'olivia');
    await shop.convertToDraft(number, 'olivia');
    await shop.changeBase(number, 'main', 'olivia');
    await shop.merge(number, 'olivia');

    expect(events().map(({ action, kind }) => `${action} ${kind}`)).toEqual([
      'opened change-opened',
      'ready_for_review change-opened',
      'synchronize head-moved',
      'created command',
      'edited head-moved',
      'edited other',
      'closed change-closed',
      'reopened change-opened',
      'converted_to_draft other',
      'edited head-moved',
      'closed change-closed',
    ]);
    for (const { headers, body } of received) {
      expect(await verify(fixture.github.webhookSecret, body, headers['x-hub-signature-256'] ?? '')).toBe(true);
    }
    expect(new Set(received.map(({ headers }) => headers['x-github-delivery'])).size).toBe(received.length);
    expect(await shop.repository.git.file(await shop.headOf('main'), 'more.ts')).not.toBeNull();
  });

  test('a moved head is told with the SHAs before and after', async () => {
    const shop = await aRepository();
    const before = await shop.headOf('search');
    await shop.openPullRequest({ title: 'Find', user: 'olivia', head: 'search' });

    const after = await shop.pushTo('search', { user: 'olivia', files: { 'more.ts': '1\n' } });

    expect(JSON.parse(received.at(-1)?.body ?? '{}')).toMatchObject({ action: 'synchronize', before, after });
  });

  test('a redelivery carries the same GUID and the same bytes, and is recorded beside the first', async () => {
    const shop = await aRepository();
    answer = 500;
    await shop.openPullRequest({ title: 'Find', user: 'olivia', head: 'search' });
    const [first] = fixture.github.deliveries.slice(-1);
    answer = 202;

    const again = await fixture.github.redeliver(first?.guid ?? '');

    expect([first?.statusCode, again.statusCode, again.redelivery]).toEqual([500, 202, true]);
    expect(received[1]?.body).toBe(received[0]?.body);
    expect(received[1]?.headers['x-github-delivery']).toBe(received[0]?.headers['x-github-delivery']);
  });

  test('asking for a check again is told, and leaves the check as it is', async () => {
    const shop = await aRepository();
    await shop.openPullRequest({ title: 'Find', user: 'olivia', head: 'search' });
    const headSha = await shop.headOf('search');
    const done = { status: 'completed', conclusion: 'failure', startedAt: null, completedAt: null } as const;
    const texts = { name: 'greenroom', externalId: 'r1', detailsUrl: null, title: 'Red', summary: '', text: null };
    const id = await fixture
      .forgeWith()
      .putCheck(shop.fullName, null, { ...texts, ...done, headSha, annotations: [] }, noSignal);

    await shop.rerequestCheck(id, 'olivia');

    expect(events().at(-1)).toEqual({ name: 'check_run', action: 'rerequested', kind: 'rerun-requested' });
    expect(shop.checksOf(headSha)[0]?.conclusion).toBe('failure');
  });
});

describe('git', () => {
  async function clone(shop: StandInRepository, user: string): Promise<(...args: string[]) => Promise<string>> {
    const folder = join(fixture.folder, `clone-${shop.repository.name}-${user}`);
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' };
    await run('git', ['clone', '--quiet', shop.cloneUrl(user), folder], { env });
    return async (...args) => {
      const identity = ['-c', 'user.name=Olivia', '-c', 'user.email=olivia@example.com'];
      return (await run('git', [...identity, ...args], { cwd: folder, env })).stdout.trim();
    };
  }

  test('a real push over HTTP moves the head and is told before git is answered', async () => {
    const shop = await aRepository();
    const number = await shop.openPullRequest({ title: 'Find', user: 'olivia', head: 'search' });
    const git = await clone(shop, 'olivia');
    await git('switch', '--quiet', 'search');
    await git('commit', '--quiet', '--allow-empty', '-m', 'Look again');

    await git('push', '--quiet', 'origin', 'search');

    expect(shop.pull(number).head.sha).toBe(await git('rev-parse', 'HEAD'));
    expect(events().at(-1)).toMatchObject({ action: 'synchronize' });
  });

  test('who may only read cannot push', async () => {
    const shop = await aRepository();
    const git = await clone(shop, 'rita');
    await git('commit', '--quiet', '--allow-empty', '-m', 'Sneak in');

    await expect(git('push', '--quiet', 'origin', 'HEAD:main')).rejects.toThrow('403');
  });
});

describe('rules that the description does not express', () => {
  async function call(token: string, method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${fixture.github.apiUrl}${path}`, {
      method,
      headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }

  test("a person's token cannot create checks", async () => {
    const shop = await aRepository();
    const body = { name: 'mine', head_sha: await shop.headOf('main') };

    const response = await call(fixture.github.tokenOf('ada'), 'POST', `/repos/${shop.fullName}/check-runs`, body);

    expect(response.status).toBe(403);
  });

  test('a wrong token is refused', async () => {
    expect((await call('ghs_made_up', 'GET', '/installation/repositories')).status).toBe(401);
  });

  test('a reaction is created once: 201, then 200', async () => {
    const shop = await aRepository();
    const number = await shop.openPullRequest({ title: 'Find', user: 'olivia', head: 'search' });
    const comment = await shop.comment(number, 'olivia', 'hello');
    const path = `/repos/${shop.fullName}/issues/comments/${comment}/reactions`;
    const token = fixture.github.tokenOf('rita');

    const statuses = [];
    for (let i = 0; i < 2; i += 1) statuses.push((await call(token, 'POST', path, { content: 'heart' })).status);

    expect(statuses).toEqual([201, 200]);
  });
});
