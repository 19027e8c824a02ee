import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CheckReport, Forge } from '../../src/forge/forge.ts';
import type { StandInRepository } from '../../src/forge/github-stand-in/stand-in-repository.ts';
import { aCheck as aCheckOn } from './contract/contract-stage.ts';
import { noSignal, type StandInFixture, startFixture } from './stand-in-fixture.ts';

let fixture: StandInFixture;
let forge: Forge;
let shop: StandInRepository;
let change: { repository: string; number: number };

beforeAll(async () => {
  fixture = await startFixture();
  forge = fixture.forgeWith();
  shop = await fixture.github.createRepository('shop', {
    files: {
      'greenroom.yaml': 'version: 1\n',
      'web/index.html': '<h1>Shop</h1>\n',
      'docs/old.md': `${'line\n'.repeat(40)}`,
    },
  });
  await shop.pushTo('search', {
    user: 'olivia',
    files: { 'web/search.ts': 'export {};\n', 'docs/old.md': null, 'docs/new.md': `${'line\n'.repeat(40)}` },
  });
  const number = await shop.openPullRequest({ title: 'Find things', user: 'olivia', head: 'search', labels: ['ui'] });
  change = { repository: shop.fullName, number };
});
afterEach(() => fixture.github.assertClean());
afterAll(() => fixture.stop());

/** On the change's head. */
function aCheck(overrides: Partial<CheckReport> = {}): CheckReport {
  return aCheckOn(shop.pull(change.number).head.sha, overrides);
}

function annotations(count: number): CheckReport['annotations'] {
  return Array.from({ length: count }, (_, index) => {
    return {
      path: 'web/search.ts',
      startLine: index + 1,
      endLine: index + 1,
      level: 'failure',
      message: `test ${index}`,
    };
  });
}

describe('changes', () => {
  test('a change is what GitHub knows of it right now', async () => {
    const found = await forge.getChange(change, noSignal);

    expect(found).toEqual({
      ...change,
      title: 'Find things',
      author: 'olivia',
      open: true,
      draft: false,
      headSha: await shop.headOf('search'),
      headRepository: 'acme/shop',
      headRef: 'search',
      baseSha: await shop.headOf('main'),
      baseRef: 'main',
      labels: ['ui'],
      trusted: true,
      url: shop.pageUrl(change.number),
    });
  });

  test('a change from a fork is not trusted, and its files can be read all the same', async () => {
    const fork = await fixture.github.fork(shop, 'stranger');
    await fork.pushTo('gift', { user: 'stranger', files: { 'gift.txt': 'here\n' } });

    const number = await shop.openPullRequest({ title: 'A gift', user: 'stranger', head: 'stranger:gift' });
    const found = await forge.getChange({ repository: shop.fullName, number }, noSignal);

    expect(found).toMatchObject({ trusted: false, headRepository: 'stranger/shop', author: 'stranger' });
    expect(await forge.readFile(shop.fullName, found.headSha, 'gift.txt', noSignal)).toBe('here\n');
    await shop.close(number, 'stranger');
  });

  test('open changes are listed over all pages, closed ones are not among them', async () => {
    const busy = await fixture.github.createRepository('busy', {});
    for (let index = 0; index < 103; index += 1) {
      if (index === 0) await busy.pushTo('b', { user: 'olivia', files: { a: 'b' } });
      await busy.openPullRequest({ title: `Change ${index}`, user: 'olivia', head: 'b' });
    }
    await busy.close(5, 'olivia');

    const found = await forge.listOpenChanges(busy.fullName, noSignal);

    expect(found.map(({ number }) => number)).toEqual(
      Array.from({ length: 103 }, (_, i) => i + 1).filter((n) => n !== 5),
    );
  });

  test('changed files name both ends of a rename', async () => {
    const found = await forge.changedFiles(
      shop.fullName,
      await shop.headOf('main'),
      await shop.headOf('search'),
      noSignal,
    );

    expect(found).toEqual(['docs/new.md', 'docs/old.md', 'web/search.ts']);
  });

  test('a change of more files than GitHub compares is seen whole', async () => {
    const many = Object.fromEntries(Array.from({ length: 320 }, (_, index) => [`data/${index}.txt`, `${index}\n`]));
    await shop.pushTo('many', { user: 'olivia', files: { ...many, 'greenroom.yaml': null } });

    const found = await forge.changedFiles(
      shop.fullName,
      await shop.headOf('main'),
      await shop.headOf('many'),
      noSignal,
    );

    expect(found).toHaveLength(321);
    expect(found).toContain('greenroom.yaml');
  });

  test('repositories of the installation are listed', async () => {
    expect(await forge.listRepositories(noSignal)).toEqual(expect.arrayContaining(['acme/shop']));
  });
});

describe('files', () => {
  test.each([
    ['greenroom.yaml', 'version: 1\n'],
    ['web/index.html', '<h1>Shop</h1>\n'],
    ['nothing/here.yaml', null],
    ['web', null],
  ])('reading %s gives %j', async (path, content) => {
    expect(await forge.readFile(shop.fullName, await shop.headOf('main'), path, noSignal)).toBe(content);
  });

  test('a file over 1 MiB is refused, not read', async () => {
    const sha = await shop.pushTo('large', { user: 'olivia', files: { 'large.txt': 'x'.repeat(1024 * 1024 + 1) } });

    await expect(forge.readFile(shop.fullName, sha, 'large.txt', noSignal)).rejects.toMatchObject({
      code: 'FORGE_REFUSED',
      remedy: 'fix-input',
    });
  });

  test("a tree arrives as files, without the forge's own prefix", async () => {
    const folder = join(fixture.folder, 'tree');
    await mkdir(folder);

    await forge.fetchTree(shop.fullName, await shop.headOf('search'), folder, noSignal);

    expect((await readdir(folder, { recursive: true })).sort()).toEqual(
      ['docs', 'docs/new.md', 'greenroom.yaml', 'web', 'web/index.html', 'web/search.ts'].sort(),
    );
    expect(await readFile(join(folder, 'web/index.html'), 'utf8')).toBe('<h1>Shop</h1>\n');
    expect((await stat(join(folder, 'greenroom.yaml'))).mode & 0o777).toBe(0o644);
  });

  test("a tree that does not exist is the asker's mistake", async () => {
    const asked = forge.fetchTree(shop.fullName, 'f'.repeat(40), join(fixture.folder, 'none'), noSignal);

    await expect(asked).rejects.toMatchObject({ code: 'FORGE_REFUSED', remedy: 'fix-input' });
  });
});

describe('permission', () => {
  test.each([
    ['ada', 'admin'],
    ['mia', 'maintain'],
    ['olivia', 'write'],
    ['tom', 'triage'],
    ['rita', 'read'],
    ['stranger', 'none'],
    ['nobody-at-all', 'none'],
    ['dependabot[bot]', 'none'],
  ])('%s may %s', async (user, permission) => {
    expect(await forge.permissionOf(shop.fullName, user, noSignal)).toBe(permission);
  });
});

describe('checks', () => {
  test('a check is created and then brought up to its conclusion', async () => {
    const id = await forge.putCheck(shop.fullName, null, aCheck({ name: 'up' }), noSignal);
    const done = { status: 'completed', conclusion: 'success', completedAt: '2026-11-21T12:01:00Z' } as const;

    await forge.putCheck(
      shop.fullName,
      id,
      aCheck({ name: 'up', ...done, title: 'All passed', text: 'more' }),
      noSignal,
    );

    const found = shop.checksOf(aCheck().headSha).filter(({ name }) => name === 'up');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ ...done, id: Number(id), title: 'All passed', text: 'more', externalId: 'run-1' });
  });

  test('the same check put twice without its id stays one', async () => {
    const first = await forge.putCheck(shop.fullName, null, aCheck({ name: 'once' }), noSignal);

    const second = await forge.putCheck(shop.fullName, null, aCheck({ name: 'once', title: 'Later' }), noSignal);

    expect(second).toBe(first);
  });

  test('another run makes another check of the same name', async () => {
    const first = await forge.putCheck(shop.fullName, null, aCheck({ name: 'again' }), noSignal);

    const second = await forge.putCheck(shop.fullName, null, aCheck({ name: 'again', externalId: 'run-2' }), noSignal);

    expect(second).not.toBe(first);
  });

  test('annotations go out fifty at a time, and only those that are missing', async () => {
    const id = await forge.putCheck(
      shop.fullName,
      null,
      aCheck({ name: 'red', annotations: annotations(60) }),
      noSignal,
    );

    await forge.putCheck(shop.fullName, id, aCheck({ name: 'red', annotations: annotations(123) }), noSignal);

    const [check] = shop.checksOf(aCheck().headSha).filter(({ name }) => name === 'red');
    expect(check?.annotations.map(({ message }) => message)).toEqual(annotations(123).map(({ message }) => message));
  });

  test("texts over GitHub's limits are cut, whole characters only", async () => {
    const long = 'ß😀'.repeat(30_000);
    const annotation = { path: 'a', startLine: 0, endLine: -3, level: 'warning' as const, message: long, title: long };

    await forge.putCheck(
      shop.fullName,
      null,
      aCheck({ name: 'long', title: long, summary: long, text: long, annotations: [annotation] }),
      noSignal,
    );

    const [check] = shop.checksOf(aCheck().headSha).filter(({ name }) => name === 'long');
    expect(Buffer.byteLength(check?.summary ?? '')).toBeLessThanOrEqual(65_535);
    expect(check?.summary).toMatch(/^(?:ß😀)+ß?\n…$/);
    expect(check?.annotations[0]).toMatchObject({ start_line: 1, end_line: 1 });
  });

  test('a completed check without a conclusion is our bug', async () => {
    const put = forge.putCheck(shop.fullName, null, aCheck({ name: 'odd', status: 'completed' }), noSignal);

    await expect(put).rejects.toMatchObject({ remedy: 'report-bug' });
  });
});

describe('comments', () => {
  const marker = '<!-- greenroom:comment -->';

  test('there is one comment, edited in place by its id', async () => {
    const id = await forge.putComment(change, null, marker, `${marker}\nfirst`, noSignal);

    const again = await forge.putComment(change, id, marker, `${marker}\nsecond`, noSignal);

    expect(again).toBe(id);
    expect(shop.commentsOf(change.number).map(({ body }) => body)).toEqual([`${marker}\nsecond`]);
  });

  test("without its id the comment is found by its marker, on whatever page, and never somebody else's", async () => {
    const number = await shop.openPullRequest({ title: 'Talked about', user: 'olivia', head: 'search' });
    const talked = { repository: shop.fullName, number };
    await shop.comment(number, 'stranger', `${marker} mine!`);
    for (let index = 0; index < 100; index += 1) await shop.comment(number, 'olivia', `word ${index}`);
    const id = await forge.putComment(talked, null, marker, 'first', noSignal);

    const again = await forge.putComment(talked, null, marker, 'second', noSignal);

    expect(again).toBe(id);
    const ours = shop.commentsOf(number).filter(({ user }) => user.login === 'greenroom[bot]');
    expect(ours.map(({ body }) => body)).toEqual([`second\n${marker}`]);
    expect(shop.commentsOf(number)[0]?.body).toBe(`${marker} mine!`);
  });

  test('a comment that somebody deleted is made again', async () => {
    const id = await forge.putComment(change, null, marker, 'first', noSignal);
    shop.deleteComment(id);

    const again = await forge.putComment(change, id, marker, 'second', noSignal);

    expect(again).not.toBe(id);
    expect(shop.commentsOf(change.number).at(-1)?.body).toContain('second');
  });

  test('a comment that is listed, and not found to be edited, is not made again', async () => {
    await shop.pushTo('lagging', { user: 'olivia', files: { 'lagging.txt': 'x' } });
    const number = await shop.openPullRequest({ title: 'Lagging', user: 'olivia', head: 'lagging' });
    const lagging = { repository: change.repository, number };
    const id = await forge.putComment(lagging, null, marker, 'first', noSignal);
    const headers = { 'content-type': 'application/json' };
    const missing = { kind: 'broken', status: 404, body: '{"message":"Not Found"}', headers } as const;
    for (let time = 0; time < 2; time += 1)
      fixture.github.failNext('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', missing);

    await expect(forge.putComment(lagging, id, marker, 'second', noSignal)).rejects.toMatchObject({ remedy: 'retry' });

    expect(shop.commentsOf(number)).toHaveLength(1);
  });

  test('a body over the limit is cut and keeps its marker', async () => {
    const id = await forge.putComment(change, null, marker, `${'ü'.repeat(70_000)}${marker}`, noSignal);

    const body = shop.commentsOf(change.number).find((comment) => String(comment.id) === id)?.body ?? '';
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536);
    expect(body.endsWith(marker)).toBe(true);
  });

  test('a reply is a comment of its own', async () => {
    await forge.reply(change, 'Only people with write permission may do that.', noSignal);

    expect(shop.commentsOf(change.number).at(-1)?.body).toBe('Only people with write permission may do that.');
  });

  test("our eyes go when another reaction follows, other people's stay", async () => {
    const comment = await shop.comment(change.number, 'olivia', '/greenroom redeploy');
    await forge.react(change, comment, 'eyes', noSignal);
    await forge.react(change, comment, 'eyes', noSignal);
    const asPerson = { authorization: `token ${fixture.github.tokenOf('rita')}`, 'content-type': 'application/json' };
    await fetch(`${fixture.github.apiUrl}/repos/acme/shop/issues/comments/${comment}/reactions`, {
      method: 'POST',
      headers: asPerson,
      body: '{"content":"eyes"}',
    });

    await forge.react(change, comment, 'rocket', noSignal);

    expect(fixture.github.reactionsOf(comment).map(({ user, content }) => [user.login, content])).toEqual([
      ['rita', 'eyes'],
      ['greenroom[bot]', 'rocket'],
    ]);
  });
});
