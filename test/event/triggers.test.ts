import { describe, expect, test } from 'vitest';
import { matchesGlob } from '../../src/event/glob.ts';
import { skippedByTriggers } from '../../src/event/triggers.ts';

describe('globs', () => {
  test.each([
    ['docs/a/b.md', 'docs/**', true],
    ['docs/.hidden', 'docs/**', true],
    ['docs', 'docs/**', true],
    ['src/docs/a', 'docs/**', false],
    ['src/docs/a.md', '**/docs/*', true],
    ['docs/a.md', '**/docs/*', true],
    ['a/x/b/y/c', 'a/**/b/**/c', true],
    ['a/b/c', 'a/**/b/**/c', true],
    ['a/x/c', 'a/**/b/**/c', false],
    ['README.md', '*.md', true],
    ['docs/README.md', '*.md', false],
    ['docs/README.md', '**/*.md', true],
    ['release/1.2', 'release/*', true],
    ['release/1/2', 'release/*', false],
    ['main', 'm?in', true],
    ['main', 'mai', false],
    ['main', 'main', true],
    ['ma.n', 'ma+n', false],
    ['docs/x', './docs/x', true],
  ])('"%s" against "%s": %s', (path, glob, expected) => {
    expect(matchesGlob(path, glob)).toBe(expected);
  });

  test('a hostile pattern is answered, not waited for', () => {
    expect(matchesGlob('a'.repeat(2000), `${'*a'.repeat(500)}b`)).toBe(false);
  });
});

describe('a change', () => {
  const triggers = { branches: ['main', 'release/*'], 'paths-ignore': ['docs/**', '*.md'], drafts: 'skip' as const };
  const facts = { baseRef: 'main', draft: false, changedFiles: ['src/a.ts', 'docs/b'] };

  test.each([
    ['runs when nothing speaks against it', triggers, facts, null],
    ['is skipped as a draft', triggers, { ...facts, draft: true }, 'draft'],
    ['runs as a draft where drafts run', { ...triggers, drafts: 'run' as const }, { ...facts, draft: true }, null],
    ['is skipped for another base branch', triggers, { ...facts, baseRef: 'dev' }, '"dev" is not among'],
    [
      'runs for any base branch where none is named',
      { 'paths-ignore': [], drafts: 'skip' as const },
      { ...facts, baseRef: 'dev' },
      null,
    ],
    ['is skipped when every path is ignored', triggers, { ...facts, changedFiles: ['docs/a', 'x.md'] }, 'paths-ignore'],
    ['runs when the forge lists no path', triggers, { ...facts, changedFiles: [] }, null],
  ])('%s', (_, rules, given, expected) => {
    const reason = skippedByTriggers(rules, given);

    if (expected === null) expect(reason).toBeNull();
    else expect(reason).toContain(expected);
  });
});
