import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type ContractStage, noSignal } from './contract-stage.ts';

/** What the forge tells of what people do. */
export function describeDeliveries(stage: () => ContractStage): void {
  describe('deliveries', () => {
    test('tell the life of a change: opened, pushed to, forced back, commented, closed, reopened, merged', async () => {
      const { forge, shop, olivia, openChange, heardOf, hears } = stage();
      const { ref, number, headSha } = await openChange('life');
      await hears(ref, { kind: 'change-opened', how: 'opened', headSha, draft: false });

      const second = await olivia.commit({ 'life.txt': 'longer' });
      await olivia.push();
      await hears(ref, { kind: 'head-moved', headSha: second });

      await olivia.branch('life', 'main');
      const forced = await olivia.commit({ 'life.txt': 'another' });
      await olivia.push('--force', 'origin', 'HEAD');
      await hears(ref, { kind: 'head-moved', headSha: forced });

      const commentId = await shop.comment(number, 'olivia', '/greenroom redeploy');
      await hears(ref, {
        kind: 'command',
        commentId,
        author: 'olivia',
        authorIsBot: false,
        body: '/greenroom redeploy',
      });

      await shop.close(number, 'olivia');
      await hears(ref, { kind: 'change-closed', merged: false });
      await shop.reopen(number, 'olivia');
      await hears(ref, { kind: 'change-opened', how: 'reopened', headSha: forced });
      await shop.merge(number, 'olivia');
      await hears(ref, { kind: 'change-closed', merged: true });

      expect(heardOf(ref).map(({ kind }) => kind)).toEqual([
        'change-opened',
        'head-moved',
        'head-moved',
        'command',
        'change-closed',
        'change-opened',
        'change-closed',
      ]);
      expect(await forge.getChange(ref, noSignal)).toMatchObject({ open: false });
    });

    test('tell that a change was closed because its branch was deleted', async () => {
      const { forge, olivia, openChange, hears } = stage();
      const { ref, headSha } = await openChange('short-lived');
      await hears(ref, { kind: 'change-opened', headSha });

      await olivia.push('origin', '--delete', 'short-lived');

      await hears(ref, { kind: 'change-closed', merged: false });
      expect(await forge.getChange(ref, noSignal)).toMatchObject({ open: false, headSha });
    });

    test('tell of a draft that it is one, and that it is ready', async () => {
      const { forge, shop, olivia, hears } = stage();
      const headSha = await olivia.pushNew('draft', { 'draft.txt': 'not yet' });
      const number = await shop.open({ title: 'Later', by: 'olivia', head: 'draft', draft: true });
      const ref = { repository: shop.name, number };
      await hears(ref, { kind: 'change-opened', how: 'opened', headSha, draft: true });
      expect(await forge.getChange(ref, noSignal)).toMatchObject({ draft: true });

      await shop.markReady(number, 'olivia');

      await hears(ref, { kind: 'change-opened', how: 'ready-for-review', headSha, draft: false });
      expect(await forge.getChange(ref, noSignal)).toMatchObject({ draft: false });
    });

    test('tell that a change was given another base branch', async () => {
      const { forge, shop, olivia, openChange, hears } = stage();
      const { ref, number, headSha } = await openChange('rebased');
      await olivia.pushNew('release', { 'release.txt': '1.0' });

      await shop.changeBase(number, 'release', 'olivia');

      await hears(ref, { kind: 'head-moved', headSha, baseChanged: true });
      expect(await forge.getChange(ref, noSignal)).toMatchObject({ baseRef: 'release' });
    });

    test('tell of our own comments that a machine wrote them, whatever they show', async () => {
      const { forge, openChange, heardOf, hears } = stage();
      const { ref } = await openChange('own-words');

      await forge.reply(ref, '/greenroom redeploy', noSignal);
      await hears(ref, { kind: 'command', body: expect.stringContaining('/greenroom redeploy') });
      await forge.putComment(ref, null, '<!-- greenroom:c1 ', '<!-- greenroom:c1 -->\n/greenroom teardown', noSignal);
      await hears(ref, { kind: 'command', body: expect.stringContaining('/greenroom teardown') });

      const commands = heardOf(ref).filter((event) => event.kind === 'command');
      expect(commands.map(({ authorIsBot }) => authorIsBot)).toEqual([true, true]);
    });

    test('of a push to a branch without a change, and of a comment on an issue, tell nothing', async () => {
      const { olivia, received } = stage();
      const before = received.length;
      await olivia.pushNew('nothing-open', { 'x.txt': 'x' });
      await sleep(500);

      expect(received.slice(before).filter(({ event }) => event.kind !== 'other')).toEqual([]);
    });
  });
}
