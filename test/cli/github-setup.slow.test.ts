import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { loadOperatorConfig } from '../../src/config/operator-config.ts';
import { createGitHubApp } from '../../src/forge/github/github-app.ts';
import { silentLog } from '../../src/log.ts';
import { noSignal, type StandInFixture, startFixture } from '../forge/stand-in-fixture.ts';
import { type TestHost, testHost } from './test-host.ts';

const publicUrl = 'https://greenroom.example.com';
let fixture: StandInFixture;
let folder: string;

beforeAll(async () => {
  fixture = await startFixture();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'greenroom-setup-'));
});
afterEach(async () => {
  fixture.github.assertClean();
  await rm(folder, { recursive: true, force: true });
});
afterAll(() => fixture.stop());

function setUp(...words: string[]): TestHost & { ended: Promise<number> } {
  return setUpWith({}, ...words);
}

function setUpWith(wishes: Record<string, string>, ...words: string[]): TestHost & { ended: Promise<number> } {
  const env = {
    ...wishes,
    GREENROOM_DATA_DIR: join(folder, 'data'),
    GREENROOM_PUBLIC_URL: publicUrl,
    GREENROOM_GITHUB_API_URL: fixture.github.apiUrl,
  };
  const box = testHost(['github', 'setup', ...words], env);
  return { ...box, ended: runCli(box.host) };
}

/** What the page offers to send, and where. */
async function formAt(box: TestHost): Promise<{ page: string; action: string; manifest: string }> {
  const [, page = ''] = await box.said(/open (\S+) in a browser/);
  const html = await (await fetch(page)).text();
  const [, action = ''] = /action="([^"]+)"/.exec(html) ?? [];
  const [, value = ''] = /name="manifest" value="([^"]+)"/.exec(html) ?? [];
  return { page, action: action.replaceAll('&amp;', '&'), manifest: value.replaceAll('&quot;', '"') };
}

/** A person sends the form and says yes at GitHub. @returns where GitHub sends them back to */
async function confirm({ action, manifest }: { action: string; manifest: string }): Promise<string> {
  const asked = await fetch(action, { method: 'POST', body: new URLSearchParams({ manifest }) });
  const text = await asked.text();
  expect(asked.status, text).toBe(200);
  const [, next = ''] = /action="([^"]+)"/.exec(text) ?? [];
  const sent = await fetch(new URL(next, fixture.github.url), { method: 'POST', redirect: 'manual' });
  return sent.headers.get('location') ?? '';
}

function variables(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.includes('=') && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

describe('greenroom github setup', () => {
  test('makes an App that has all it needs, and stores what opens it for its owner alone', async () => {
    const box = setUp('--org', 'acme', '--name', 'Greenroom of Acme');
    const form = await formAt(box);
    const back = await fetch(await confirm(form));

    expect(await back.text()).toContain('/apps/greenroom-of-acme/installations/new');
    expect(await box.ended).toBe(0);
    expect(form.action).toContain('/organizations/acme/settings/apps/new?state=');
    expect(JSON.parse(form.manifest)).toEqual({
      name: 'Greenroom of Acme',
      url: publicUrl,
      description: expect.any(String),
      hook_attributes: { url: `${publicUrl}/webhooks/github`, active: true },
      redirect_url: `${form.page}callback`,
      callback_urls: [`${publicUrl}/sign-in/github/callback`],
      public: false,
      default_permissions: {
        actions: 'read',
        checks: 'write',
        contents: 'read',
        issues: 'read',
        merge_queues: 'read',
        metadata: 'read',
        pull_requests: 'write',
      },
      default_events: [
        'check_run',
        'check_suite',
        'issue_comment',
        'merge_group',
        'pull_request',
        'repository_dispatch',
        'workflow_run',
      ],
    });
    const data = join(folder, 'data');
    expect((await readdir(data)).sort()).toEqual(['github-app.env', 'github-app.pem']);
    for (const name of await readdir(data)) expect((await stat(join(data, name))).mode & 0o777).toBe(0o600);
    const env = variables(await readFile(join(data, 'github-app.env'), 'utf8'));
    expect(box.stdout() + box.stderr()).not.toContain(env.GREENROOM_GITHUB_WEBHOOK_SECRET);
    await expectToWork(env);
  });

  test('prints what a secret store wants, and writes nothing', async () => {
    const box = setUp('--print');
    await fetch(await confirm(await formAt(box)));

    expect(await box.ended).toBe(0);
    expect(await readdir(folder)).toEqual([]);
    expect(box.stdout().trim().split('\n')).toHaveLength(6);
    await expectToWork(variables(box.stdout()));
  });

  test('a public App serves its owner alone, until others are named', async () => {
    const box = setUp('--public', '--json');
    const form = await formAt(box);
    await fetch(await confirm(form));
    await box.ended;

    expect(JSON.parse(form.manifest)).toMatchObject({ public: true });
    expect(JSON.parse(box.stdout())).toMatchObject({ GREENROOM_GITHUB_OWNERS: 'acme' });
  });

  test('an App that is to show deployments has the permission for it, and its variables say so', async () => {
    const box = setUpWith({ GREENROOM_GITHUB_DEPLOYMENTS: 'on' }, '--json');
    const form = await formAt(box);
    await fetch(await confirm(form));
    await box.ended;

    expect(JSON.parse(form.manifest)).toMatchObject({ default_permissions: { deployments: 'write' } });
    expect(JSON.parse(box.stdout())).toMatchObject({ GREENROOM_GITHUB_DEPLOYMENTS: 'on' });
  });

  test('prints the same as JSON', async () => {
    const box = setUp('--json');
    await fetch(await confirm(await formAt(box)));
    await box.ended;

    await expectToWork(JSON.parse(box.stdout()) as Record<string, string>);
  });

  test('an App that is there already is not written over, nor is GitHub asked for another', async () => {
    const first = setUp();
    await fetch(await confirm(await formAt(first)));
    await first.ended;
    const before = await readFile(join(folder, 'data/github-app.env'), 'utf8');

    const second = setUp();

    expect(await second.ended).toBe(2);
    expect(second.stderr()).toContain('[CREDENTIALS_EXIST]');
    expect(await readFile(join(folder, 'data/github-app.env'), 'utf8')).toBe(before);
  });

  test('whoever gives up leaves nothing behind', async () => {
    const box = setUp();
    await formAt(box);
    box.interrupt();

    expect(await box.ended).toBe(130);
    expect(await readdir(join(folder, 'data'))).toEqual([]);
  });
});

describe('the way back from GitHub', () => {
  test.each([
    ['a foreign state', '?code=abc&state=guessed'],
    ['no state', '?code=abc'],
    ['no code', '?state=STATE'],
    ['a code that is none', '?code=../../app&state=STATE'],
  ])('with %s counts for nothing', async (_, query) => {
    const box = setUp('--print');
    const { page, action } = await formAt(box);
    const state = new URL(action).searchParams.get('state') ?? '';

    const answer = await fetch(`${page}callback${query.replace('STATE', state)}`);

    expect(answer.status).toBe(400);
    box.interrupt();
    expect(await box.ended).toBe(130);
  });

  test('with a code that GitHub does not know ends with a remedy, and without files', async () => {
    const box = setUp();
    const { page, action } = await formAt(box);
    const answer = await fetch(`${page}callback?code=unknown&state=${new URL(action).searchParams.get('state')}`);

    expect(answer.status).toBe(502);
    expect(await box.ended).toBe(2);
    expect(box.stderr()).toContain('begin again');
    expect(await readdir(join(folder, 'data'))).toEqual([]);
  });
});

describe('what it does not begin', () => {
  test.each([
    [['github'], {}, 'greenroom github setup'],
    [['github', 'setup', '--org', 'a b'], {}, '--org must be'],
    [['github', 'setup', '--port', 'high'], {}, '--port must be'],
    [['github', 'setup'], { GREENROOM_PUBLIC_URL: 'http://localhost:8787' }, 'PUBLIC_URL_MISSING'],
    [['github', 'setup'], {}, 'GREENROOM_PUBLIC_URL'],
  ])('%j with %j', async (argv, env, hint) => {
    const box = testHost(argv, { GREENROOM_DATA_DIR: join(folder, 'data'), ...env });

    expect(await runCli(box.host)).toBe(2);
    expect(box.stderr()).toContain(hint);
  });
});

/** The configuration takes them, and the App answers to them. */
async function expectToWork(variables: Record<string, string>): Promise<void> {
  const { github } = loadOperatorConfig({ ...variables, GREENROOM_DATA_DIR: folder });
  if (github === null) throw new Error('no App is configured by what was stored');
  const { apiUrl, appId, privateKey } = github;
  const app = createGitHubApp({ apiUrl, appId, privateKey: privateKey.reveal(), log: silentLog() });
  expect(apiUrl).toBe(fixture.github.apiUrl);
  expect((await app.hook(noSignal)).url).toBe(`${publicUrl}/webhooks/github`);
  expect((await app.self(noSignal)).permissions).toMatchObject({ checks: 'write' });
}
