import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Forge } from '../../src/forge/forge.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { noSignal, type StandInFixture, startFixture } from './stand-in-fixture.ts';

let fixture: StandInFixture;
let forge: Forge;
let shop: StandInRepository;
let bank: StandInRepository;
let issued = 0;
const told: string[] = [];

beforeAll(async () => {
  // Nothing like a token of today, and new each time.
  const makeToken = () => {
    issued += 1;
    return `|"~${issued}~"|`;
  };
  fixture = await startFixture({ makeToken });
  forge = fixture.forgeWith({ onSecret: (value) => told.push(value) });
  fixture.github.installOn('initech');
  shop = await fixture.github.createRepository('shop', { files: { 'greenroom.yaml': 'version: 1\n' } });
  bank = await fixture.github.createRepository('bank', { owner: 'initech', files: { 'greenroom.yaml': 'bank\n' } });
  for (const repository of [shop, bank]) {
    await repository.pushTo('search', { user: 'olivia', files: { a: 'b' } });
    await repository.openPullRequest({ title: 'Find', user: 'olivia', head: 'search' });
  }
});
afterEach(() => fixture.github.assertClean());
afterAll(() => fixture.stop());

describe('one service for two organizations', () => {
  test('sees the repositories of both, and works in both', async () => {
    const names = await forge.listRepositories(noSignal);
    const texts = [];
    for (const { fullName } of [shop, bank]) {
      const { headSha, open } = await forge.getChange({ repository: fullName, number: 1 }, noSignal);
      texts.push(open, await forge.readFile(fullName, headSha, 'greenroom.yaml', noSignal));
      await forge.reply({ repository: fullName, number: 1 }, 'hello', noSignal);
    }

    expect(names).toEqual(['acme/shop', 'initech/bank']);
    expect(texts).toEqual([true, 'version: 1\n', true, 'bank\n']);
    expect(bank.commentsOf(1).map(({ body }) => body)).toEqual(['hello']);
  });

  test('no token reaches more than one repository, but to list them, and none may write what its request does not', () => {
    const seen = fixture.github.grants.map(({ installation, repositories, permissions }) => ({
      on: installation.account.login,
      repositories: repositories && [...repositories],
      writes: Object.keys(permissions).filter((name) => permissions[name] === 'write'),
    }));

    for (const [on, { repository }] of [
      ['acme', shop],
      ['initech', bank],
    ] as const) {
      expect(seen.filter((grant) => grant.on === on)).toEqual([
        { on, repositories: null, writes: [] },
        { on, repositories: [repository.id], writes: [] },
        { on, repositories: [repository.id], writes: ['pull_requests'] },
      ]);
    }
  });

  test('whom the operator does not name is not served, however they install the App', async () => {
    const choosy = fixture.forgeWith({ owners: ['Acme'], onSecret: (value) => told.push(value) });
    const before = fixture.github.grants.length;

    expect(await choosy.listRepositories(noSignal)).toEqual(['acme/shop']);
    await expect(choosy.getChange({ repository: bank.fullName, number: 1 }, noSignal)).rejects.toMatchObject({
      code: 'FORGE_REFUSED',
      hint: expect.stringContaining('GREENROOM_GITHUB_OWNERS'),
    });
    expect(fixture.github.grants.slice(before).map(({ installation }) => installation.account.login)).toEqual(['acme']);
  });

  test('whoever keeps secrets is told of every token', () => {
    expect(told).toHaveLength(fixture.github.grants.length);
  });
});

describe('what the stand-in refuses, as GitHub does', () => {
  async function askWith(token: string, path: string): Promise<number> {
    const headers = { authorization: `token ${token}` };
    const response = await fetch(`${fixture.github.apiUrl}${path}`, { headers });
    await response.arrayBuffer();
    return response.status;
  }

  test('a token for one repository in another, and of one organization in the other', async () => {
    await fixture.github.createRepository('attic', {});
    // After the two that list, the first that reads.
    const token = told[2] ?? '';
    const statuses = ['acme/shop', 'acme/attic', 'initech/bank'].map((name) => askWith(token, `/repos/${name}/pulls`));

    expect(await Promise.all(statuses)).toEqual([200, 404, 404]);
  });

  test('a suspended installation, which is not asked for its repositories either', async () => {
    const installation = fixture.github.installOn('hooli');
    await fixture.github.createRepository('search', { owner: 'hooli' });
    installation.suspendedAt = '2026-11-21T12:00:00Z';

    expect(await forge.listRepositories(noSignal)).not.toContain('hooli/search');
    await expect(forge.listOpenChanges('hooli/search', noSignal)).rejects.toMatchObject({ code: 'FORGE_REFUSED' });
  });

  test('an installation that never accepted a permission is named with it', async () => {
    const installation = fixture.github.installOn('umbrella');
    await fixture.github.createRepository('lab', { owner: 'umbrella' });
    installation.permissions = { metadata: 'read', contents: 'read' };

    await expect(forge.listOpenChanges('umbrella/lab', noSignal)).rejects.toMatchObject({
      code: 'FORGE_REFUSED',
      hint: expect.stringContaining('"lab" and grant contents: read, pull_requests: read'),
    });
  });
});
