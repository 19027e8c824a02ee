import { expect, test } from 'vitest';
import { environmentName } from '../../src/environment/environment-name.ts';

test.each([
  ['acme/shop', 7, 'r1', 'gr-shop-7-r1'],
  ['acme/shop', 'local', 'r1', 'gr-shop-local-r1'],
  ['acme/shop', 'queue', 'r1', 'gr-shop-queue-r1'],
  ['Acme/My.Shop_2', 12, 'k3j2', 'gr-my-shop-2-12-k3j2'],
  ['acme/---', 1, 'r1', 'gr-1-r1'],
  ['acme/ünïcode', 1, 'r1', 'gr-n-code-1-r1'],
] as const)('%s #%s run %s is %s', (repository, change, runId, expected) => {
  expect(environmentName({ repository, change, runId })).toBe(expected);
});

test('a long repository name is cut, never the run id, so that "-suites" still fits a DNS label', () => {
  const name = environmentName({
    repository: `acme/${'very-'.repeat(30)}long`,
    change: 2_147_483_647,
    runId: 'abcdefghij0123456789',
  });

  expect(name.length).toBeLessThanOrEqual(50);
  expect(name).toMatch(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);
  expect(name.endsWith('-2147483647-abcdefghij0123456789')).toBe(true);
});
