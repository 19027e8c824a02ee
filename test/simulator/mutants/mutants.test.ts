import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Mutant, mutated } from './mutant.ts';
import { mutants } from './mutants.ts';

const root = join(import.meta.dirname, '..', '..', '..');

test('there are enough of them, each with a name of its own', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(20);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))('"%s" still fits the core', async (_, mutant) => {
  for (const source of await sourcesOf(mutant)) expect(() => stripTypeScriptTypes(source)).not.toThrow();
});

describe('a mutant', () => {
  const edit = { file: 'src/a.ts', find: 'one', put: '$& two' };

  test('replaces its text, whatever stands in the other', () => {
    expect(mutated('say one;', edit)).toBe('say $& two;');
  });

  test.each(['say none of it', 'one and one'])(
    'is refused where its text is not there exactly once: "%s"',
    (source) => {
      expect(() => mutated(source.replace('none', 'nothing'), edit)).toThrow(
        'mutating "src/a.ts": the text stands there',
      );
    },
  );
});

async function sourcesOf({ edits }: Mutant): Promise<string[]> {
  const files = Map.groupBy(edits, ({ file }) => file);
  return await Promise.all(
    [...files].map(async ([file, some]) => some.reduce(mutated, await readFile(join(root, file), 'utf8'))),
  );
}
