import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChangeRef, ForgeEvent } from '../../../src/event/event.ts';
import { capabilities } from '../../../src/forge/capabilities.ts';
import { silentLog } from '../../../src/log.ts';
import { changeIdOf } from '../../../src/run/change-id.ts';
import type { Run } from '../../../src/run/run.ts';
import { handleDelivery } from '../../../src/runner/handle-delivery.ts';
import { changeById } from '../../../src/store/changes.ts';
import { runsOfChange } from '../../../src/store/runs.ts';
import { smallConfig as config, performNewest } from '../../runner/perform-newest.ts';
import { Clone, type WorldRepository } from '../forge-world.ts';
import { type ContractStage, noSignal } from './contract-stage.ts';

/** Judged without a cluster. */
const brokenConfig = 'version: 1\nsuits: []\n';

/** From what people do at the forge to what they read there, with everything of ours between but the cluster. */
export function describeJourney(stage: () => ContractStage): void {
  describe('a journey', () => {
    let cart: WorldRepository;
    let olivia: Clone;
    let folder: string;
    const handled = new Set<string>();

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'greenroom-journey-'));
      cart = await stage().world.createRepository('cart', { 'greenroom.yaml': config });
      olivia = await Clone.of(cart, 'olivia');
    });
    afterAll(async () => {
      await olivia?.remove();
      await rm(folder, { recursive: true, force: true });
    });

    /** Waits for a delivery, and handles what came until then, in its order. */
    async function handle(ref: ChangeRef, event: Partial<ForgeEvent>): Promise<void> {
      const { hears, received, store, forge } = stage();
      const work = { store, forge, log: silentLog(), maxTtlMs: 3_600_000, extend: async () => undefined };
      await hears(ref, event);
      for (const delivery of received.filter(({ id }) => !handled.has(id))) {
        handled.add(delivery.id);
        if ('change' in delivery.event && delivery.event.change?.repository === cart.name) {
          await handleDelivery(work, delivery, noSignal);
        }
      }
    }

    const runsOf = (ref: ChangeRef): Promise<Run[]> =>
      runsOfChange(stage().store, changeIdOf(ref.repository, ref.number));

    test("of a colleague's change: a run for each head, commands of those who may, words, and its end", async () => {
      const { world, forge, store } = stage();
      await olivia.pushNew('basket', { 'basket.txt': '1' });
      const number = await cart.open({ title: 'A basket', by: 'olivia', head: 'basket' });
      const ref = { repository: cart.name, number };
      await handle(ref, { kind: 'change-opened' });
      expect(await runsOf(ref)).toMatchObject([{ generation: 1, trusted: true, cancel: null }]);

      await olivia.branch('basket', 'main');
      const headSha = await olivia.commit({ 'greenroom.yaml': brokenConfig });
      await olivia.push('--force', 'origin', 'HEAD');
      await handle(ref, { kind: 'head-moved', headSha });
      expect(await runsOf(ref)).toMatchObject([
        { generation: 2, headSha, cancel: null },
        { generation: 1, cancel: 'superseded' },
      ]);

      const refused = await cart.comment(number, 'rita', '/greenroom redeploy');
      await handle(ref, { kind: 'command', author: 'rita' });
      expect(await cart.reactionsOf(refused)).toEqual([{ by: world.ourLogin, reaction: '-1' }]);
      await handle(ref, { kind: 'command', authorIsBot: true });
      expect(await runsOf(ref)).toHaveLength(2);

      const obeyed = await cart.comment(number, 'olivia', 'Once more:\n\n/greenroom redeploy');
      await handle(ref, { kind: 'command', author: 'olivia' });
      expect(await cart.reactionsOf(obeyed)).toEqual([{ by: world.ourLogin, reaction: 'rocket' }]);
      expect((await runsOf(ref))[0]).toMatchObject({ generation: 3, trigger: 'command', headSha });

      await performNewest({ store, forge, folder }, ref);
      const ours = (await cart.commentsOf(number)).filter(({ body }) => /^<!-- greenroom:c/.test(body));
      expect(await cart.wordsOn(headSha)).toEqual({ greenroom: 'failure' });
      expect(ours).toMatchObject([{ author: world.ourLogin, body: expect.stringContaining('greenroom.yaml') }]);

      await cart.merge(number, 'ada');
      await handle(ref, { kind: 'change-closed', merged: true });
      expect(await changeById(store, changeIdOf(ref.repository, number))).toMatchObject({
        closed: true,
        generation: 3,
      });
    });

    test("of a stranger's: its check waits for a person, and nothing of it runs before", async () => {
      const { world, forge, store } = stage();
      // By what the base branch says: as it was before that merge broke it.
      await olivia.push('--force', 'origin', 'main');
      const stranger = await Clone.of(await cart.fork('stranger'), 'stranger');
      const headSha = await stranger.pushNew('gift', { 'gift.txt': 'here' });
      await stranger.remove();
      const number = await cart.open({ title: 'A gift', by: 'stranger', head: 'stranger:gift' });
      const ref = { repository: cart.name, number };
      await handle(ref, { kind: 'change-opened', headSha });

      const run = await performNewest({ store, forge, folder }, ref);

      expect(run).toMatchObject({ trusted: false, document: { failure: { code: 'AWAITING_APPROVAL' } } });
      const { action_required: waits } = capabilities[world.forgeName].conclusions;
      expect(await cart.wordsOn(headSha)).toEqual({ greenroom: waits });
      expect(await forge.checksOf(cart.name, headSha, noSignal)).toMatchObject([{ conclusion: 'action_required' }]);

      const refused = await cart.comment(number, 'stranger', `/greenroom approve ${headSha}`);
      await handle(ref, { kind: 'command', commentId: refused });
      expect(await runsOf(ref)).toHaveLength(1);
      const approval = await cart.comment(number, 'olivia', `/greenroom approve ${headSha}`);
      await handle(ref, { kind: 'command', commentId: approval });
      expect(await cart.reactionsOf(approval)).toEqual([{ by: world.ourLogin, reaction: 'rocket' }]);
      // Beyond the gate: the registry, which nobody has.
      const failure = { code: 'REGISTRY_UNREACHABLE' };
      expect(await performNewest({ store, forge, folder }, ref)).toMatchObject({
        generation: 2,
        document: { failure },
      });
    });

    test('of a branch that is deleted ends its runs', async () => {
      const { store } = stage();
      await olivia.pushNew('gone', { 'gone.txt': '1' });
      const number = await cart.open({ title: 'Gone soon', by: 'olivia', head: 'gone' });
      const ref = { repository: cart.name, number };
      await handle(ref, { kind: 'change-opened' });

      await olivia.push('origin', '--delete', 'gone');
      await handle(ref, { kind: 'change-closed', merged: false });

      expect(await runsOf(ref)).toMatchObject([{ generation: 1, cancel: 'closed' }]);
      expect(await changeById(store, changeIdOf(ref.repository, number))).toMatchObject({ closed: true });
    });
  });
}
