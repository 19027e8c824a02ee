import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Phase } from '../../src/verdict/verdict-document.ts';
import { type Census, expectCensus, firstCensus } from './census.ts';
import { variants } from './every-variant.ts';
import { FaultStand } from './fault-stand.ts';
import { offerImage } from './offer-image.ts';

let stand: FaultStand;
let before: Census;

beforeAll(async () => {
  stand = await FaultStand.open();
  before = await firstCensus(stand);
});

afterEach(() => stand.cluster.resume());
afterAll(() => stand?.close());

describe('a part of the cluster that is gone for a while', () => {
  test.for(
    variants<[Phase, number]>(
      [['provisioning', 20]],
      [
        ['provisioning', 60],
        ['testing', 60],
        ['teardown', 60],
      ],
    ),
  )('kube-apiserver, in phase %s for %d s: no fault of the change, and all of it goes', async ([phase, seconds]) => {
    const change = await stand.openChange({ startMs: 4_000, loadSeconds: 5 });
    await change.reaches(phase);
    await stand.cluster.pause('kube-apiserver');
    await sleep(seconds * 1_000);
    stand.cluster.resume();

    const ended = await change.ends();
    expect(ended, ended.story).toMatchObject({ final: 1, comments: 1 });
    expect(ended.verdicts.at(-1), ended.story).toMatch(/^(passed|errored)$/);
    await expectCensus(stand, before);
    stand.github.assertClean();
  });

  test('containerd, killed while suites run: no fault of the change, and all of it goes', async () => {
    const change = await stand.openChange({ loadSeconds: 8 });
    await change.reaches('testing');
    await stand.cluster.restart('containerd');

    const ended = await change.ends();
    expect(ended, ended.story).toMatchObject({ final: 1, comments: 1 });
    expect(ended.verdicts.at(-1), ended.story).toMatch(/^(passed|errored)$/);
    await expectCensus(stand, before);
    stand.github.assertClean();
  });

  test.for(variants([20], [60]))(
    'the registry, for %d s while an image is waited for: the run waits',
    async (seconds) => {
      const change = await stand.openChange({ waitsForImage: true });
      await change.reaches('image');
      await stand.cluster.pause('registry');
      await sleep(seconds * 1_000);
      stand.cluster.resume();
      await offerImage(stand.cluster.embedded.registry, change.head);

      const ended = await change.ends();
      expect(ended, ended.story).toMatchObject({ conclusion: 'success', final: 1, comments: 1, verdicts: ['passed'] });
      await expectCensus(stand, before);
      stand.github.assertClean();
    },
  );
});
