import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextFiles } from '../../src/image/build-context.ts';

describe('the context of a build', () => {
  let parent = '';
  let root = '';
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'greenroom-context-'));
    root = join(parent, 'tree');
    await mkdir(join(parent, 'secret', 'sub'), { recursive: true });
    await writeFile(join(parent, 'secret', 'sub', 'Dockerfile'), 'FROM x');
    await mkdir(join(root, 'web', '.git'), { recursive: true });
    await writeFile(join(root, 'web', '.git', 'config'), '');
    await writeFile(join(root, 'web', 'Dockerfile'), 'FROM scratch');
    await symlink('../../secret', join(root, 'web', 'out'));
    await symlink('../secret', join(root, 'away'));
    await symlink('../../secret/sub/Dockerfile', join(root, 'web', 'Linked'));
  });
  afterAll(() => rm(parent, { recursive: true }));

  const read = (folder: string, dockerfile = 'Dockerfile') =>
    contextFiles({ name: 'web', root, folder: join(root, folder), dockerfile });

  test('has the files as they are: links as links, the repository itself left out', async () => {
    expect((await read('web')).map(({ path, kind }) => `${kind} ${path}`).sort()).toEqual([
      'file /Dockerfile',
      'link /Linked',
      'link /out',
    ]);
  });

  test.each([
    ['a folder that is not there', 'none', 'Dockerfile'],
    ['a file in place of a folder', 'web/Dockerfile', 'Dockerfile'],
    ['a link in place of a folder', 'away', 'Dockerfile'],
    ['a folder behind a link', 'away/sub', 'Dockerfile'],
    ['a folder outside', '../secret/sub', 'Dockerfile'],
    ['no Dockerfile', 'web', 'none'],
    ['a Dockerfile that is a link', 'web', 'Linked'],
    ['a Dockerfile behind a link', 'web', 'out/sub/Dockerfile'],
  ])('is refused for %s', async (_, folder, dockerfile) => {
    await expect(read(folder, dockerfile)).rejects.toMatchObject({ code: 'BUILD_INPUT_MISSING', remedy: 'fix-input' });
  });
});
