import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliveryAddresses, doorsOf, openForges } from '../../src/cli/open-forges.ts';
import { loadOperatorConfig } from '../../src/config/operator-config.ts';
import type { Forge } from '../../src/forge/forge.ts';
import { forgesTogether } from '../../src/forge/forges-together.ts';
import { createGiteaForge } from '../../src/forge/gitea/gitea-forge.ts';
import { KnownSecrets } from '../../src/forge/known-secrets.ts';
import { silentLog } from '../../src/log.ts';
import { serveDashboard } from '../dashboard/served-dashboard.ts';
import { Visit } from '../dashboard/sign-in-flow.ts';
import { greenroom } from '../greenroom-process.ts';
import { describeContract } from './contract/contract.ts';
import { aCheck } from './contract/contract-stage.ts';
import { Clone, type WorldRepository } from './forge-world.ts';
import { administrator, password } from './gitea-server.ts';
import { type GiteaWorld, giteaWorld } from './gitea-world.ts';

const noSignal = new AbortController().signal;
const log = silentLog();
let world: GiteaWorld;
let forge: Forge;
let kiosk: WorldRepository;
let olivia: Clone;

beforeAll(async () => {
  world = await giteaWorld();
  forge = world.forge;
  kiosk = await world.createRepository('kiosk', { 'README.md': '# Kiosk\n' });
  olivia = await Clone.of(kiosk, 'olivia');
});
afterAll(async () => {
  await olivia?.remove();
  await world?.stop();
});

function forgeWith(options: { url?: string; token?: string; requestTimeoutMs?: number }): Forge {
  return createGiteaForge({ url: world.server.url, token: world.token, log, ...options });
}

/** A token of somebody else. */
async function tokenOf(person: string, scopes: string[]): Promise<string> {
  const path = `/users/${person}/tokens`;
  const name = `token ${scopes.join(' ')}`;
  return (await world.server.ask<{ sha1: string }>(person, 'POST', path, { name, scopes })).sha1;
}

/** The same on GitHub's stand-in: stand-in-contract.slow.test.ts. What follows is what only a Gitea does. */
describe("a real Gitea keeps the forges' contract:", () => {
  describeContract(async () => ({ ...world, stop: async () => undefined }));
});

describe('a change by a push to refs/for/main', () => {
  test('of somebody who may only read is not trusted, although no fork shows', async () => {
    const rita = await Clone.of(kiosk, 'rita');
    const headSha = await rita.commit({ 'agit.txt': 'no fork\n' });
    await rita.push('origin', 'HEAD:refs/for/main', '-o', 'topic=agit', '-o', 'title=Without a fork');
    await rita.remove();

    const found = (await forge.listOpenChanges(kiosk.name, noSignal)).find((change) => change.headSha === headSha);

    expect(found).toMatchObject({ author: 'rita', headRepository: kiosk.name, trusted: false });
    expect(await forge.getChange(found ?? { repository: '', number: 0 }, noSignal)).toMatchObject({ trusted: false });
  });
});

describe('a change whose fork is deleted', () => {
  test('is closed, and can still be read', async () => {
    const fork = await kiosk.fork('stranger');
    const stranger = await Clone.of(fork, 'stranger');
    const headSha = await stranger.pushNew('gift', { 'gift.txt': 'here\n' });
    await stranger.remove();
    const number = await kiosk.open({ title: 'A gift', by: 'stranger', head: 'stranger:gift' });

    await world.server.ask(administrator, 'DELETE', '/repos/stranger/kiosk');

    const found = await forge.getChange({ repository: kiosk.name, number }, noSignal);
    expect(found).toMatchObject({ open: false, trusted: false, headRepository: null, headSha });
  });
});

describe('a check', () => {
  test('links to its run, says its title, and is no longer than it may be', async () => {
    const headSha = await olivia.pushNew('status', { 'a.txt': 'a' });
    const check = { ...aCheck(headSha), title: 'ä'.repeat(300) };

    await forge.putCheck(kiosk.name, null, check, noSignal);

    type Status = {
      context: string;
      status: string;
      description: string;
      target_url: string;
      creator: { login: string };
    };
    const [status] = await world.server.ask<Status[]>(administrator, 'GET', `/repos/acme/kiosk/statuses/${headSha}`);
    expect(status).toMatchObject({ context: 'greenroom', status: 'pending', creator: { login: world.ourLogin } });
    expect(status?.target_url).toMatch(/^https:\/\/greenroom\.example\.com\/runs\/run-1#/);
    expect(status?.description).toMatch(/^ä+\n…$/);
    expect(Buffer.byteLength(status?.description ?? '')).toBeLessThanOrEqual(255);
  });

  test('that somebody else has set under our name is not taken for ours', async () => {
    const headSha = await olivia.pushNew('forged', { 'a.txt': 'forged' });
    await forge.putCheck(kiosk.name, null, aCheck(headSha), noSignal);
    const forged = { context: 'greenroom', state: 'success', target_url: 'https://x.test/#greenroom:run-1:success' };

    await world.server.ask('olivia', 'POST', `/repos/acme/kiosk/statuses/${headSha}`, forged);

    expect(await forge.checksOf(kiosk.name, headSha, noSignal)).toEqual([]);
  });

  test('protects a branch: a change cannot be merged before it passed', async () => {
    const guarded = await world.createRepository('guarded', { 'README.md': '# Guarded\n' });
    const rule = { rule_name: 'main', enable_status_check: true, status_check_contexts: ['greenroom'] };
    await world.server.ask(administrator, 'POST', '/repos/acme/guarded/branch_protections', rule);
    const clone = await Clone.of(guarded, 'olivia');
    const headSha = await clone.pushNew('in', { 'in.txt': 'in' });
    await clone.remove();
    const number = await guarded.open({ title: 'In', by: 'olivia', head: 'in' });
    const done = { status: 'completed', completedAt: '2026-11-21T12:01:00Z' } as const;
    const put = (conclusion: 'action_required' | 'success') =>
      forge.putCheck(guarded.name, null, { ...aCheck(headSha), ...done, conclusion }, noSignal);

    await put('action_required');
    await expect(guarded.merge(number, 'olivia')).rejects.toThrow(/status check/i);
    await put('success');
    await guarded.merge(number, 'olivia');

    expect(await forge.getChange({ repository: guarded.name, number }, noSignal)).toMatchObject({ open: false });
  });
});

describe('what a token may not do is named', () => {
  test.each([
    ['a token that is none', async () => 'f'.repeat(40), 'GREENROOM_GITEA_TOKEN'],
    ['a token without its scopes', () => tokenOf('greenroom', ['read:misc']), 'write:repository'],
    ['a user who does not administer the repository', () => tokenOf('olivia', ['all']), 'administer'],
  ])('%s', async (_, makeToken, hint) => {
    const asked = forgeWith({ token: await makeToken() }).permissionOf(kiosk.name, 'rita', noSignal);

    await expect(asked).rejects.toMatchObject({
      code: 'FORGE_REFUSED',
      remedy: 'fix-input',
      hint: expect.stringContaining(hint),
    });
  });

  test('and the token stands in no error', async () => {
    const secret = 'f'.repeat(40);
    const error: unknown = await forgeWith({ token: secret })
      .listRepositories(noSignal)
      .catch((reason: unknown) => reason);

    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(secret);
  });

  test('only what our user administers counts as ours', async () => {
    const seen = await forgeWith({ token: await tokenOf('olivia', ['read:repository', 'read:user']) });

    expect(await seen.listRepositories(noSignal)).toEqual([]);
    expect(await forge.listRepositories(noSignal)).toContain(kiosk.name);
  });
});

const variables = () => ({
  GREENROOM_GITEA_URL: `${world.server.url}/`,
  GREENROOM_GITEA_TOKEN: world.token,
  GREENROOM_GITEA_WEBHOOK_SECRET: 'now',
  GREENROOM_GITEA_WEBHOOK_SECRET_PREVIOUS: 'before',
});

describe("an operator's variables", () => {
  test('open the forge and the door of its deliveries, and of no other', async () => {
    const config = loadOperatorConfig({ HOME: '/home/me', ...variables() });
    const { github, gitea } = doorsOf(config);

    expect(await openForges(config, log, new KnownSecrets())?.listRepositories(noSignal)).toContain(kiosk.name);
    expect([github.secrets, gitea.secrets]).toEqual([[], ['now', 'before']]);
    expect(deliveryAddresses(config)).toEqual(['http://127.0.0.1:8787/webhooks/gitea']);
  });

  test('are looked at by the doctor, who says no secret', async () => {
    const ended = await greenroom(['doctor', '--json'], { env: variables() });

    const findings = JSON.parse(ended.stdout) as { what: string; ok: boolean; detail: string }[];
    expect(findings.map(({ what }) => what)).not.toContain('forge');
    expect(findings.find(({ what }) => what === 'gitea')).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/administers \d+ repositories/),
    });
    expect(ended.stdout + ended.stderr).not.toContain(world.token);
  });
});

describe('who is in a team', () => {
  const teamOf = async (name: string, units: Record<string, string>, members: string[]) => {
    const wanted = { name, permission: 'write', units_map: units };
    const { id } = await world.server.ask<{ id: number }>(administrator, 'POST', '/orgs/acme/teams', wanted);
    await world.server.ask(administrator, 'PUT', `/teams/${id}/repos/acme/kiosk`);
    for (const member of members) await world.server.ask(administrator, 'PUT', `/teams/${id}/members/${member}`);
  };
  const permissionOf = (person: string) => forge.permissionOf(kiosk.name, person, noSignal);

  test('may write where the team may write code, and our user sees it', async () => {
    await teamOf('triage', { 'repo.issues': 'write', 'repo.code': 'read' }, [world.ourLogin, 'rita']);
    await teamOf('unseen', { 'repo.code': 'write' }, ['rita']);
    expect(await permissionOf('rita')).toBe('read');

    await teamOf('developers', { 'repo.code': 'write' }, [world.ourLogin, 'rita']);

    expect(await permissionOf('rita')).toBe('write');
    expect(await permissionOf('stranger')).toBe('read');
    expect(await permissionOf('olivia')).toBe('write');
  });

  test('of a repository without teams, which belongs to a person, has no say', async () => {
    await world.server.ask('ada', 'POST', '/user/repos', { name: 'own', auto_init: true });
    await world.server.ask('ada', 'PUT', '/repos/ada/own/collaborators/greenroom', { permission: 'admin' });
    await world.server.ask('ada', 'PUT', '/repos/ada/own/collaborators/olivia', { permission: 'write' });

    const permissions = ['ada', 'olivia', 'rita'].map((person) =>
      forge.permissionOf('gitea:ada/own', person, noSignal),
    );

    expect(await Promise.all(permissions)).toEqual(['admin', 'write', 'read']);
  });
});

describe('who may look at runs', () => {
  test('says Gitea, to whom people sign in with their account there', async () => {
    const { ask, url } = world.server;
    await ask(administrator, 'POST', '/orgs/acme/repos', { name: 'ledger', private: true, auto_init: true });
    for (const user of [world.ourLogin, 'olivia'])
      await ask(administrator, 'PUT', `/repos/acme/ledger/collaborators/${user}`, { permission: 'admin' });
    let client = { client_id: '', client_secret: '' };
    const dashboard = await serveDashboard(
      () => ({
        ...variables(),
        GREENROOM_GITEA_CLIENT_ID: client.client_id,
        GREENROOM_GITEA_CLIENT_SECRET: client.client_secret,
      }),
      ['gitea:acme/ledger', 'gitea:acme/kiosk'],
      async (here) => {
        const wanted = {
          name: 'Greenroom',
          redirect_uris: [`${here}/sign-in/gitea/callback`],
          confidential_client: true,
        };
        client = await ask(administrator, 'POST', '/user/applications/oauth2', wanted);
      },
    );
    const signIn = async (person: string) => {
      const visit = new Visit();
      await visit.send(`${url}/user/login`, { user_name: person, password });
      const asked = await visit.ask(`${dashboard.url}/sign-in/gitea?next=%2Fruns%2Fledger`);
      const page = await (await visit.ask(Visit.next(asked))).text();
      const fields = page.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g);
      const granted = { ...Object.fromEntries([...fields].map(([, name, value]) => [name, value])), granted: 'true' };
      const back = await visit.ask(Visit.next(await visit.send(`${url}/login/oauth/grant`, granted)));
      expect([person, back.status]).toEqual([person, 303]);
      return visit;
    };
    const statuses = async (visit: Visit) =>
      Promise.all(['ledger', 'kiosk'].map(async (name) => (await visit.ask(`${dashboard.url}/runs/${name}`)).status));

    expect(await statuses(new Visit())).toEqual([401, 200]);
    expect(await statuses(await signIn('olivia'))).toEqual([200, 200]);
    expect(await statuses(await signIn('stranger'))).toEqual([404, 200]);
    await dashboard.close();
  });
});

describe('a Gitea that is away', () => {
  test.each([
    ['nobody listens', { url: 'http://127.0.0.1:1' }],
    ['it takes too long', { requestTimeoutMs: 1 }],
  ])('because %s is worth a retry', async (_, options) => {
    const asked = forgeWith(options).getChange({ repository: kiosk.name, number: 1 }, noSignal);

    await expect(asked).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE', remedy: 'retry' });
  });

  test('because something else answers at its address is worth a retry', async () => {
    const asked = forgeWith({ url: `${world.server.url}/api` }).listRepositories(noSignal);

    await expect(asked).rejects.toBeInstanceOf(Error);
  });

  test('ends with its caller', async () => {
    const reason = new Error('enough');

    await expect(forge.listRepositories(AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('beside GitHub', () => {
  test('a repository of the same name is another one', async () => {
    // GitHub's whole description comes with it: not before it is needed.
    const { startFixture } = await import('./stand-in-fixture.ts');
    const fixture = await startFixture();
    const twin = await fixture.github.createRepository('kiosk', { files: { 'README.md': '# The other kiosk\n' } });
    const both = forgesTogether({ github: fixture.forgeWith(), gitea: forge }, log);

    const headSha = await olivia.pushNew('beside', { 'beside.txt': 'b' });
    const ours = await both?.readFile(kiosk.name, headSha, 'README.md', noSignal);
    const theirs = await both?.readFile(twin.fullName, await twin.headOf('main'), 'README.md', noSignal);

    expect([ours, theirs]).toEqual(['# Kiosk\n', '# The other kiosk\n']);
    expect(await both?.listRepositories(noSignal)).toEqual(expect.arrayContaining(['acme/kiosk', 'gitea:acme/kiosk']));
    await fixture.stop();
  });
});
