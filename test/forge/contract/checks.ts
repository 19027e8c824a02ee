import { beforeAll, describe, expect, test } from 'vitest';
import type { Conclusion } from '../../../src/forge/forge.ts';
import { aCheck, type ContractStage, noSignal } from './contract-stage.ts';

/** What we say on a commit. */
export function describeChecks(stage: () => ContractStage): void {
  describe('checks', () => {
    /** Commits on which nothing is said yet: one push for all tests. */
    const fresh: string[] = [];
    const next = () => fresh.pop() ?? '';
    beforeAll(async () => {
      const { olivia } = stage();
      await olivia.branch('checked');
      for (let index = 0; index < 12; index += 1) fresh.push(await olivia.commit({ 'checked.txt': `${index}` }));
      await olivia.push();
    });

    const done = { status: 'completed', completedAt: '2026-11-21T12:01:00Z' } as const;

    test('a check is begun and then brought to its conclusion', async () => {
      const { forge, shop } = stage();
      const headSha = next();
      const id = await forge.putCheck(shop.name, null, aCheck(headSha), noSignal);
      const begun = await forge.checksOf(shop.name, headSha, noSignal);

      await forge.putCheck(shop.name, id, { ...aCheck(headSha), ...done, conclusion: 'success' }, noSignal);

      const common = { id, name: 'greenroom', externalId: 'run-1' };
      expect(begun).toEqual([{ ...common, status: 'in_progress', conclusion: null }]);
      expect(await forge.checksOf(shop.name, headSha, noSignal)).toEqual([
        { ...common, status: 'completed', conclusion: 'success' },
      ]);
      expect(await shop.wordsOn(headSha)).toEqual({ greenroom: 'success' });
    });

    test.each<[Conclusion, boolean]>([
      ['success', true],
      ['neutral', true],
      ['failure', false],
      ['cancelled', false],
      ['action_required', false],
    ])('%s is remembered as such, and lets a merge pass: %s', async (conclusion, passes) => {
      const { forge, shop } = stage();
      const headSha = next();

      await forge.putCheck(shop.name, null, { ...aCheck(headSha), ...done, conclusion }, noSignal);

      expect(await forge.checksOf(shop.name, headSha, noSignal)).toMatchObject([{ status: 'completed', conclusion }]);
      const { greenroom = '' } = await shop.wordsOn(headSha);
      expect(['success', 'neutral'].includes(greenroom)).toBe(passes);
    });

    test('the same check put twice without its id is one', async () => {
      const { forge, shop } = stage();
      const headSha = next();
      const first = await forge.putCheck(shop.name, null, aCheck(headSha), noSignal);

      const second = await forge.putCheck(shop.name, null, { ...aCheck(headSha), title: 'Later' }, noSignal);

      expect(second).toBe(first);
      expect(await forge.checksOf(shop.name, headSha, noSignal)).toHaveLength(1);
    });

    test('what another run says under the same name is shown, and is another check', async () => {
      const { forge, shop } = stage();
      const headSha = next();
      const first = await forge.putCheck(
        shop.name,
        null,
        { ...aCheck(headSha), ...done, conclusion: 'failure' },
        noSignal,
      );

      const again = { ...aCheck(headSha), ...done, externalId: 'run-2', conclusion: 'success' } as const;
      const second = await forge.putCheck(shop.name, null, again, noSignal);

      expect(second).not.toBe(first);
      const [shown] = await forge.checksOf(shop.name, headSha, noSignal);
      expect(shown).toEqual({ id: second, name: 'greenroom', externalId: 'run-2', ...endOf('success') });
      expect(await shop.wordsOn(headSha)).toEqual({ greenroom: 'success' });
    });

    test('several names stand side by side, the newest first, on as many pages as it takes', async () => {
      const { forge, shop } = stage();
      const headSha = next();
      const names = Array.from({ length: 12 }, (_unused, index) => `greenroom / suite ${index}`);
      for (const name of names) await forge.putCheck(shop.name, null, { ...aCheck(headSha), name }, noSignal);

      const found = await forge.checksOf(shop.name, headSha, noSignal);

      expect(found.map(({ name }) => name)).toEqual(names.toReversed());
    });

    test('texts of any length and kind are taken', async () => {
      const { forge, shop } = stage();
      const headSha = next();
      const text = 'ß😀<b>'.repeat(20_000);
      const annotation = {
        path: 'a',
        startLine: 0,
        endLine: -3,
        level: 'warning' as const,
        message: text,
        title: text,
      };

      const wordy = { title: text, summary: text, text, annotations: [annotation] };
      await forge.putCheck(shop.name, null, { ...aCheck(headSha), ...wordy }, noSignal);

      expect(await forge.checksOf(shop.name, headSha, noSignal)).toHaveLength(1);
    });

    test('one that is completed without a conclusion is our bug', async () => {
      const { forge, shop } = stage();
      const headSha = next();
      const put = forge.putCheck(shop.name, null, { ...aCheck(headSha), ...done }, noSignal);

      await expect(put).rejects.toMatchObject({ remedy: 'report-bug' });
    });

    test('nothing is written once it may not begin', async () => {
      const { forge, shop } = stage();
      const headSha = next();
      const mayBegin = () => Promise.reject(new Error('the lease is lost'));

      await expect(forge.putCheck(shop.name, null, aCheck(headSha), noSignal, mayBegin)).rejects.toThrow(
        'lease is lost',
      );
      expect(await forge.checksOf(shop.name, headSha, noSignal)).toEqual([]);
    });
  });
}

function endOf(conclusion: Conclusion) {
  return { status: 'completed', conclusion };
}
