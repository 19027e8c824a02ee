import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Phase } from '../../src/verdict/verdict-document.ts';
import type { Shape } from './application.ts';
import { type Census, expectCensus, firstCensus } from './census.ts';
import { FaultStand } from './fault-stand.ts';
import { offerImage } from './offer-image.ts';

let stand: FaultStand;
let before: Census;

beforeAll(async () => {
  // One place: a second change queues.
  stand = await FaultStand.open({ env: { GREENROOM_MAX_ENVIRONMENTS: '1' } });
  before = await firstCensus(stand);
});

afterAll(() => stand?.close());

const held: [Phase, Shape][] = [
  ['image', { waitsForImage: true }],
  ['provisioning', { startMs: 4_000 }],
  ['testing', { loadSeconds: 6 }],
  ['reporting', {}],
  ['teardown', {}],
];

/** Within `npm test` stands `test/runner/adoption.cluster.test.ts` for it. */
describe('serve killed with SIGKILL and started again', () => {
  test.for(held)(
    'in phase %s: the change ends with one conclusion, every environment with a receipt',
    async ([phase, shape]) => {
      const change = await stand.openChange(shape);
      if (phase === 'reporting') await slowForge(change);
      await change.reaches(phase);
      await stand.serve.kill();
      await stand.serve.start();
      if (shape.waitsForImage) await offerImage(stand.cluster.embedded.registry, change.head);

      const ended = await change.ends();
      expect(ended, ended.story).toMatchObject({ conclusion: 'success', final: 1, comments: 1 });
      await expectCensus(stand, before);
      stand.github.assertClean();
    },
  );

  test('in phase queued: it keeps its turn', async () => {
    const first = await stand.openChange({ waitsForImage: true });
    await first.reaches('image');
    const second = await stand.openChange();
    await second.reaches('queued');
    await stand.serve.kill();
    await stand.serve.start();
    await offerImage(stand.cluster.embedded.registry, first.head);

    for (const change of [first, second]) {
      const ended = await change.ends();
      expect(ended, ended.story).toMatchObject({ conclusion: 'success', final: 1, comments: 1 });
    }
    await expectCensus(stand, before);
    stand.github.assertClean();
  });
});

/** The verdict is on its way to a forge that keeps it waiting: long enough to be seen. */
async function slowForge(change: Awaited<ReturnType<FaultStand['openChange']>>): Promise<void> {
  await change.reaches('testing');
  const until = new Promise<void>((resolve) => setTimeout(resolve, 8_000));
  for (let count = 0; count < 3; count++) {
    stand.github.failNext('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', { kind: 'hang', until });
  }
}
