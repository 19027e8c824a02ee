import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Forge } from '../../src/forge/forge.ts';
import { noSignal, type StandInFixture, startFixture } from './stand-in-fixture.ts';

const robots = ['dependabot[bot]', 'renovate[bot]'] as const;

let fixture: StandInFixture;
let forge: Forge;

beforeAll(async () => {
  const users = {
    olivia: 'write',
    rita: 'read',
    stranger: 'none',
    'dependabot[bot]': 'write',
    'renovate[bot]': 'write',
  } as const;
  fixture = await startFixture({ users });
  forge = fixture.forgeWith();
});
afterEach(() => fixture.github.assertClean());
afterAll(() => fixture.stop());

test('a bot that pushes to the base repository is trusted like anybody there, and one from a fork is not', async () => {
  const shop = await fixture.github.createRepository('shop', {});
  for (const robot of robots) {
    await shop.pushTo(`bump-${robot.slice(0, 4)}`, { user: robot, files: { 'package.json': `{"by":"${robot}"}\n` } });
    const number = await shop.openPullRequest({ title: 'Bump', user: robot, head: `bump-${robot.slice(0, 4)}` });

    expect(await forge.getChange({ repository: shop.fullName, number }, noSignal)).toMatchObject({
      author: robot,
      trusted: true,
    });
  }
});

test('who may command is what the collaborator API says', async () => {
  const bank = await fixture.github.createRepository('bank', {});

  expect(await forge.permissionOf(bank.fullName, 'olivia', noSignal)).toBe('write');
  expect(await forge.permissionOf(bank.fullName, 'stranger', noSignal)).toBe('none');
});

test('nothing of ours reads how a comment says that its author stands to the repository', async () => {
  const readers: string[] = [];
  const root = join(import.meta.dirname, '..', '..');
  for await (const path of glob('src/**/*.ts', { cwd: root })) {
    if (path.includes('github-stand-in')) continue;
    if (/author_?association/i.test(await readFile(join(root, path), 'utf8'))) readers.push(path);
  }

  expect(readers).toEqual([]);
});
