import { describe, expect, test } from 'vitest';
import { Clone } from '../forge-world.ts';
import { aCheck, type ContractStage, noSignal } from './contract-stage.ts';

/** What the forge knows of changes and of people. */
export function describeChanges(stage: () => ContractStage): void {
  describe('changes', () => {
    test('a change is what the forge knows of it right now', async () => {
      const { forge, shop, openChange } = stage();
      const { ref, number, headSha } = await openChange('known');

      const found = await forge.getChange(ref, noSignal);

      expect(found).toMatchObject({
        ...ref,
        title: 'Change known',
        author: 'olivia',
        open: true,
        draft: false,
        headSha,
        headRepository: shop.name,
        headRef: 'known',
        baseRef: 'main',
        labels: [],
        trusted: true,
        url: expect.stringContaining(`/${number}`),
      });
      expect(found.baseSha).toMatch(/^[0-9a-f]{40}$/);
    });

    test('a change from a fork is not trusted, and its files can be read all the same', async () => {
      const { forge, shop, hears } = stage();
      const fork = await shop.fork('stranger');
      const stranger = await Clone.of(fork, 'stranger');
      const headSha = await stranger.pushNew('gift', { 'gift.txt': 'here\n' });
      const number = await shop.open({ title: 'A gift', by: 'stranger', head: 'stranger:gift' });
      const ref = { repository: shop.name, number };

      const found = await forge.getChange(ref, noSignal);

      await hears(ref, { kind: 'change-opened', headSha });
      expect(found).toMatchObject({ trusted: false, headRepository: fork.name, headSha, author: 'stranger' });
      expect(await forge.readFile(shop.name, headSha, 'gift.txt', noSignal)).toBe('here\n');
      expect(await forge.changedFiles(shop.name, found.baseSha, headSha, noSignal)).toEqual(['gift.txt']);
      await forge.putCheck(shop.name, null, aCheck(headSha), noSignal);
      expect(await shop.wordsOn(headSha)).toHaveProperty('greenroom');

      const moved = await stranger.commit({ 'gift.txt': 'better\n' });
      await stranger.push();
      await hears(ref, { kind: 'head-moved', headSha: moved });
      await shop.close(number, 'stranger');
      await stranger.remove();
    });

    test('a change that nobody made is refused', async () => {
      const { forge, shop } = stage();
      const asked = forge.getChange({ repository: shop.name, number: 99_999 }, noSignal);

      await expect(asked).rejects.toMatchObject({ code: 'FORGE_REFUSED', remedy: 'fix-input' });
    });

    test('open changes are listed over all pages, closed ones are not among them', async () => {
      const { world, forge } = stage();
      const busy = await world.createRepository('busy', { 'README.md': '# Busy\n' });
      const clone = await Clone.of(busy, 'olivia');
      const numbers: number[] = [];
      for (let index = 0; index < 7; index += 1) {
        await clone.branch(`b${index}`);
        await clone.commit({ [`${index}.txt`]: 'x' });
      }
      await clone.push('origin', '--all');
      for (let index = 0; index < 7; index += 1) {
        numbers.push(await busy.open({ title: `Change ${index}`, by: 'olivia', head: `b${index}` }));
      }
      await busy.close(numbers[4] ?? 0, 'olivia');
      await clone.remove();

      const found = await forge.listOpenChanges(busy.name, noSignal);

      expect(found.map(({ number }) => number)).toEqual(numbers.filter((number) => number !== numbers[4]));
      expect(found[0]).toMatchObject({ repository: busy.name, trusted: true });
    });

    test('our repositories are listed', async () => {
      const { forge, shop } = stage();
      expect(await forge.listRepositories(noSignal)).toContain(shop.name);
    });
  });

  describe('permission', () => {
    test.each([
      ['ada', 'admin'],
      ['olivia', 'write'],
      ['rita', 'read'],
      ['nobody-at-all', 'none'],
    ])('%s may %s', async (user, permission) => {
      const { forge, shop } = stage();
      expect(await forge.permissionOf(shop.name, user, noSignal)).toBe(permission);
    });

    test('a stranger may not write', async () => {
      const { forge, shop } = stage();
      expect(['none', 'read']).toContain(await forge.permissionOf(shop.name, 'stranger', noSignal));
    });
  });
}
