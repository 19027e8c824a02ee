import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as attempts from '../attacks/attempts.ts';

const tests = join(import.meta.dirname, '..');
const document = readFileSync(join(tests, '../docs/security.md'), 'utf8');
const rows = rowsOf(document);

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

  test('lists each attempt of the attack suite with what stopped it, and no other', () => {
    const from = document.indexOf('## What the attack suite tries');
    const section = document.slice(from, document.indexOf('\n## ', from + 1));
    const listed = rowsOf(section).map(([, , attack, stoppedBy]) => `${attack} · ${stoppedBy}`);
    const tried = Object.values(attempts).flatMap((table) =>
      table.map(({ attempt, stoppedBy }) => `${attempt} · ${stoppedBy}`),
    );

    expect(listed.toSorted()).toEqual(tried.toSorted());
  });
});

function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| attacker '))
    .map((line) => line.slice(2, -2).split(' | '));
}

function isThere({ file, title }: { file: string; title: string }): boolean {
  const path = join(tests, file);
  return existsSync(path) && readFileSync(path, 'utf8').includes(title);
}
