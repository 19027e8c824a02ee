import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Census, expectCensus, firstCensus } from './census.ts';
import { FaultStand } from './fault-stand.ts';
import { until } from './until.ts';

const finalizer = 'example.test/nobody';
/** A first attempt to tear down lasts 90 s, which is why `npm test` leaves this to test/teardown. */
const attemptMs = 240_000;

let stand: FaultStand;
let before: Census;

beforeAll(async () => {
  stand = await FaultStand.open();
  before = await firstCensus(stand);
});

afterAll(() => stand?.close());

describe('a namespace held by a finalizer that nobody serves', () => {
  test('is named in the receipt and the comment, and gone once it is released', async () => {
    const change = await stand.openChange({ loadSeconds: 5 });
    const run = await change.reaches('testing');
    const { environment } = await change.document(run.id);
    const namespace = environment?.namespace ?? '';
    const { core } = stand.cluster.kubernetes;
    await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'held', finalizers: [finalizer] } },
    });
    const blocked = await until(
      'the receipt says what blocks it',
      async () => {
        const { teardown } = await change.document(run.id);
        return teardown.status === 'blocked' && teardown.blockedBy.join('\n');
      },
      attemptMs,
    );
    await until(
      'the comment says so as well',
      async () => change.repository.commentsOf(change.number).at(-1)?.body.includes(finalizer) ?? false,
    );
    await core.patchNamespacedConfigMap(
      { namespace, name: 'held', body: { metadata: { finalizers: null } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );

    expect(blocked).toContain('held');
    expect(blocked).toContain(finalizer);
    const ended = await change.ends();
    expect(ended, ended.story).toMatchObject({ conclusion: 'success', final: 1, comments: 1, verdicts: ['passed'] });
    await expectCensus(stand, before);
    stand.github.assertClean();
  });
});
