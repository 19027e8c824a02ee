import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Capabilities, capabilities } from '../../src/forge/capabilities.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/forges.md'), 'utf8');

/** Name, GitHub's and Gitea's cell of every row. */
function rowsShown(): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => {
    const [, name = '', github = '', gitea = ''] = row.split('|').map((cell) => cell.trim());
    return [name.replaceAll('`', ''), github, gitea];
  });
}

function cellsOf(of: Capabilities): [string, string][] {
  return Object.entries(of).flatMap(([name, value]): [string, string][] => {
    if (typeof value === 'object') {
      return Object.entries(value as Record<string, string>).map(([word, shown]) => [`${name}.${word}`, shown]);
    }
    if (typeof value === 'boolean') return [[name, value ? 'yes' : 'no']];
    return [[name, typeof value === 'number' ? value.toLocaleString('en-US') : String(value)]];
  });
}

test('docs/forges.md shows the capabilities that the adapters go by, all of them', () => {
  const gitea = new Map(cellsOf(capabilities.gitea));
  const rows = cellsOf(capabilities.github).map(([name, shown]) => [name, shown, gitea.get(name) ?? '']);

  expect(rowsShown()).toEqual(rows);
});

test('a conclusion that blocks a merge on one forge blocks it on the other', () => {
  const passes = (word: string) => ['success', 'neutral'].includes(word);
  const { github, gitea } = capabilities;

  for (const [conclusion, word] of Object.entries(github.conclusions)) {
    expect(passes(gitea.conclusions[conclusion as keyof typeof gitea.conclusions])).toBe(passes(word));
  }
});
