import { beforeAll, describe, expect, test } from 'vitest';
import { type ContractStage, noSignal, type OpenedChange } from './contract-stage.ts';

/** What we say on a change. */
export function describeComments(stage: () => ContractStage): void {
  describe('comments', () => {
    const marker = '<!-- greenroom:c1 ';

    test('there is one comment, edited in place by its id', async () => {
      const { world, forge, shop, openChange } = stage();
      const { ref, number } = await openChange('one-comment');
      const id = await forge.putComment(ref, null, marker, `${marker}-->\nfirst`, noSignal);

      const again = await forge.putComment(ref, id, marker, `${marker}-->\nsecond`, noSignal);

      expect(again).toBe(id);
      expect(await shop.commentsOf(number)).toEqual([{ id, author: world.ourLogin, body: `${marker}-->\nsecond` }]);
    });

    test("without its id the comment is found by its marker, and never somebody else's", async () => {
      const { world, forge, shop, openChange } = stage();
      const { ref, number } = await openChange('found-again');
      await shop.comment(number, 'stranger', `${marker}--> mine!`);
      for (let index = 0; index < 8; index += 1) await shop.comment(number, 'olivia', `word ${index}`);
      const id = await forge.putComment(ref, null, marker, 'first', noSignal);

      const again = await forge.putComment(ref, null, marker, 'second', noSignal);

      const comments = await shop.commentsOf(number);
      expect(again).toBe(id);
      expect(comments.filter(({ author }) => author === world.ourLogin).map(({ body }) => body)).toEqual([
        `second\n${marker}`,
      ]);
      expect(comments[0]?.body).toBe(`${marker}--> mine!`);
    });

    test('a comment that somebody deleted is made again', async () => {
      const { forge, shop, openChange } = stage();
      const { ref, number } = await openChange('deleted-comment');
      const id = await forge.putComment(ref, null, marker, 'first', noSignal);
      await shop.deleteComment(id);

      const again = await forge.putComment(ref, id, marker, 'second', noSignal);

      expect(again).not.toBe(id);
      expect(await shop.commentsOf(number)).toMatchObject([{ id: again, body: `second\n${marker}` }]);
    });

    test('a body over the limit is cut, keeps its marker, and arrives as it was sent', async () => {
      const { forge, shop, openChange } = stage();
      const { ref, number } = await openChange('long-comment');

      await forge.putComment(ref, null, marker, 'ü😀'.repeat(20_000), noSignal);

      const [comment] = await shop.commentsOf(number);
      expect(comment?.body).toMatch(/^[ü😀]+\n…\n<!-- greenroom:c1 $/u);
      expect(Buffer.byteLength(comment?.body ?? '')).toBeLessThanOrEqual(65_536);
    });

    test('a reply is a comment of its own', async () => {
      const { forge, shop, openChange } = stage();
      const { ref, number } = await openChange('replied');
      await forge.putComment(ref, null, marker, 'first', noSignal);

      await forge.reply(ref, 'Only people with write permission may do that.', noSignal);

      const last = (await shop.commentsOf(number)).at(-1);
      expect(last?.body).toMatch(/^Only people with write permission may do that\./);
      expect(await forge.putComment(ref, null, marker, 'second', noSignal)).not.toBe(last?.id);
    });
  });

  describe('reactions', () => {
    let talk: OpenedChange;
    beforeAll(async () => {
      talk = await stage().openChange('talk');
    });

    test("our eyes go when another reaction follows, other people's stay", async () => {
      const { world, forge, shop } = stage();
      const { ref, number } = talk;
      const comment = await shop.comment(number, 'olivia', '/greenroom redeploy');
      await forge.react(ref, comment, 'eyes', noSignal);
      await forge.react(ref, comment, 'eyes', noSignal);
      await shop.reactAs('rita', comment, 'eyes');

      await forge.react(ref, comment, 'rocket', noSignal);

      const found = await shop.reactionsOf(comment);
      expect(found.map(({ by, reaction }) => `${by} ${reaction}`).sort()).toEqual(
        [`${world.ourLogin} rocket`, 'rita eyes'].sort(),
      );
    });

    test.each(['confused', '-1'] as const)('the reaction %s is known', async (reaction) => {
      const { world, forge, shop } = stage();
      const { ref, number } = talk;
      const comment = await shop.comment(number, 'rita', '/greenroom redeploy');

      await forge.react(ref, comment, reaction, noSignal);

      expect(await shop.reactionsOf(comment)).toEqual([{ by: world.ourLogin, reaction }]);
    });
  });
}
