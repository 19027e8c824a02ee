import { expect, test } from 'vitest';
import { Quotas } from '../../src/forge/github/quota.ts';

test('what is left of a limit is what GitHub said last, and all of it when its hour is over', () => {
  let now = 1_000_000;
  const quotas = new Quotas(() => now);
  const said = (remaining: number, resource = 'core') =>
    new Headers({
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': '1060',
      'x-ratelimit-resource': resource,
    });
  quotas.saw('7', said(4000));
  quotas.saw('7', said(3999));
  quotas.saw('7', said(9, 'search'));
  quotas.saw('8', new Headers());

  expect(quotas.all()).toEqual([{ holder: '7', limit: 5000, remaining: 3999 }]);
  now = 1_060_000;
  expect(quotas.all()).toEqual([{ holder: '7', limit: 5000, remaining: 5000 }]);
});
