import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ChangeRef } from '../../../src/event/event.ts';
import { Clone } from '../forge-world.ts';
import { type ContractStage, long, noSignal } from './contract-stage.ts';

/** What is in a commit, and what it changes. */
export function describeFiles(stage: () => ContractStage): void {
  describe('changed files', () => {
    const changed = async (ref: ChangeRef) => {
      const { baseSha, headSha } = await stage().forge.getChange(ref, noSignal);
      return stage().forge.changedFiles(stage().shop.name, baseSha, headSha, noSignal);
    };

    test('name both ends of a rename, and what is new, gone or deep', async () => {
      const { shop, olivia } = stage();
      await olivia.branch('moves');
      await olivia.commit({ 'docs/old.md': null, 'docs/new.md': long, 'docs/deep/er/note.md': 'deeper\n' });
      await olivia.commit({ 'web/search.ts': 'export {};\n', 'web/index.html': null });
      await olivia.push();
      const number = await shop.open({ title: 'Move', by: 'olivia', head: 'moves' });

      expect(await changed({ repository: shop.name, number })).toEqual([
        'docs/deep/er/note.md',
        'docs/new.md',
        'docs/old.md',
        'web/index.html',
        'web/search.ts',
      ]);
    });

    test("are the change's own, not what the base got meanwhile, merged into it or not", async () => {
      const { shop, olivia, openChange } = stage();
      const { ref } = await openChange('slow');
      const elsewhere = await Clone.of(shop, 'ada');
      await elsewhere.branch('main');
      await elsewhere.commit({ 'meanwhile/on-main.txt': 'new on main\n' });
      await elsewhere.push();
      await elsewhere.remove();

      expect(await changed(ref)).toEqual(['slow.txt']);

      await olivia.mergeFrom('main');
      await olivia.push();
      expect(await changed(ref)).toEqual(['slow.txt']);
    });

    test('are all seen, also when they are many', async () => {
      const { openChange } = stage();
      const many = Object.fromEntries(
        Array.from({ length: 45 }, (_unused, index) => [`data/${index}.txt`, `${index}\n`]),
      );
      const { ref } = await openChange('many', many);

      expect(await changed(ref)).toHaveLength(45);
    });
  });

  describe('files', () => {
    let headSha: string;
    beforeAll(async () => {
      headSha = await stage().olivia.pushNew('read', { 'read.txt': 'read' });
    });

    test.each([
      ['greenroom.yaml', 'version: 1\n'],
      ['docs/deep/er/note.md', 'deep\n'],
      ['nothing/here.yaml', null],
      ['docs', null],
      ['../../../user', null],
      ['docs/../greenroom.yaml', null],
      ['docs/%2e%2e/greenroom.yaml', null],
    ])('reading %s gives %j', async (path, content) => {
      const { forge, shop } = stage();

      expect(await forge.readFile(shop.name, headSha, path, noSignal)).toBe(content);
    });

    test('a file over 1 MiB is refused, not read', async () => {
      const { forge, shop, olivia } = stage();
      const headSha = await olivia.pushNew('large', { 'large.txt': 'x'.repeat(1024 * 1024 + 1) });

      await expect(forge.readFile(shop.name, headSha, 'large.txt', noSignal)).rejects.toMatchObject({
        code: 'FORGE_REFUSED',
        remedy: 'fix-input',
      });
    });

    test("a tree arrives as files, without the forge's own prefix", async () => {
      const { forge, shop, olivia } = stage();
      const headSha = await olivia.pushNew('tree', { 'tree/leaf #1?.txt': 'green\n' });
      const folder = await mkdtemp(join(tmpdir(), 'greenroom-tree-'));
      const place = join(folder, 'tree');
      await mkdir(place);

      await forge.fetchTree(shop.name, headSha, place, noSignal);

      expect(await readdir(place, { recursive: true })).toEqual(
        expect.arrayContaining(['greenroom.yaml', 'docs/deep/er/note.md', 'tree/leaf #1?.txt']),
      );
      expect(await readFile(join(place, 'greenroom.yaml'), 'utf8')).toBe('version: 1\n');
      expect((await stat(join(place, 'greenroom.yaml'))).mode & 0o777).toBe(0o644);
      expect(await forge.readFile(shop.name, headSha, 'tree/leaf #1?.txt', noSignal)).toBe('green\n');
      await rm(folder, { recursive: true });
    });

    test("a tree that does not exist is the asker's mistake", async () => {
      const { forge, shop } = stage();
      const asked = forge.fetchTree(shop.name, 'f'.repeat(40), join(tmpdir(), 'greenroom-no-tree'), noSignal);

      await expect(asked).rejects.toMatchObject({ code: 'FORGE_REFUSED', remedy: 'fix-input' });
    });
  });
}
