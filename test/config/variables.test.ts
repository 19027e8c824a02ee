import { expect, test } from 'vitest';
import { nearest } from '../../src/config/nearest.ts';
import { expandVariables } from '../../src/config/variables.ts';

const sha = '0123456789abcdef0123456789abcdef01234567';

test('variables are replaced in every text value, and only ours', () => {
  const value = { tag: '${sha}', list: ['v-${shortSha}', '${change}', '${HOME}'], n: 3, none: null };

  expect(expandVariables(value, { sha, change: 7 })).toEqual({
    tag: sha,
    list: ['v-0123456', '7', '${HOME}'],
    n: 3,
    none: null,
  });
});

test('a working tree has no number', () => {
  expect(expandVariables('${change}', { sha, change: 'local' })).toBe('local');
});

test.each([
  ['servces', 'services'],
  ['entyr', 'entry'],
  ['IMAGE', 'image'],
  ['x', null],
  ['completely-different', null],
])('"%s" is nearest to %s', (word, meant) => {
  expect(nearest(word, ['services', 'entry', 'image'])).toBe(meant);
});
