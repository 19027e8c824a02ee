import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const tests = join(import.meta.dirname, '..');
const document = readFileSync(join(tests, '../docs/security.md'), 'utf8');
const rows = document
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| attacker '))
  .map((line) => line.slice(2, -2).split(' | '));

describe('the threat model', () => {
  test('has a word on each threat: attacker, asset, attack, what stops it, test', () => {
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter((cells) => cells.length !== 5 || cells.some((cell) => cell.trim() === ''))).toEqual([]);
  });

  test('names tests that are there, or says that there are none', () => {
    const lacking = rows.flatMap(([, , attack, , proof = '']) => {
      const named = [...proof.matchAll(/`(.+?)` "(.+?)"/g)].map(([, file = '', title = '']) => ({ file, title }));
      if (named.length === 0 && proof !== 'none yet') return [`${attack}: ${proof}`];
      return named.filter((one) => !isThere(one)).map(({ file, title }) => `${attack}: ${file}, ${title}`);
    });

    expect(lacking).toEqual([]);
  });
});

function isThere({ file, title }: { file: string; title: string }): boolean {
  const path = join(tests, file);
  return existsSync(path) && readFileSync(path, 'utf8').includes(title);
}
