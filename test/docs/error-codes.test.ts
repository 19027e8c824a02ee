import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codesIn, codesListed, codesOfFolders } from './codes.ts';

const root = join(import.meta.dirname, '../..');

describe('docs/error-codes.md', () => {
  const listed = codesListed(readFileSync(join(root, 'docs/error-codes.md'), 'utf8'));
  const shown = codesOfFolders(join(root, 'src'), join(root, 'runner'));

  test('explains every code that the sources can show', () => {
    expect([...shown].filter((code) => !listed.includes(code))).toEqual([]);
  });

  test('lists no code that no source has', () => {
    expect(listed.filter((code) => !shown.has(code))).toEqual([]);
  });

  test('lists each code once', () => {
    expect(listed.filter((code, index) => listed.indexOf(code) !== index)).toEqual([]);
  });
});

describe('the collector of codes', () => {
  test.each([
    ['an error', "throw new RunError(doing, { code: 'MADE_UP', remedy: 'retry' })", ['MADE_UP']],
    ['a code of one word', "{ code: 'MADEUP', remedy }", ['MADEUP']],
    ['a choice', "const code = late ? 'FIRST_ONE' : 'SECOND_ONE';", ['FIRST_ONE', 'SECOND_ONE']],
    ['an argument', "throw refusal(doing, 'AS_ARGUMENT', hint)", ['AS_ARGUMENT']],
    ['a set', "const known = new Set(['IN_A_SET']);", ['IN_A_SET']],
    ['a union', "export type MadeCode =\n  | 'QUOTAS'\n  | 'TOO_LATE';", ['QUOTAS', 'TOO_LATE']],
  ])('finds %s', (_, source, codes) => {
    expect([...codesIn(source)].sort()).toEqual(codes);
  });

  test.each([
    ['a comment without quotes', '/** @throws RunError SOME_CODE */'],
    ['a variable', "env['GREENROOM_PORT'] ?? env['XDG_STATE_HOME']"],
    ["a library's code", "if (code === 'DUPLICATE_KEY') return;"],
    ["a system's code", "error.code === 'ENOENT'"],
    ['a method', "{ method: 'DELETE' }"],
  ])('leaves %s alone', (_, source) => {
    expect([...codesIn(source)]).toEqual([]);
  });

  test('reads the first cell of a row only', () => {
    const table = '| code | means |\n|---|---|\n| `MADE_UP` | `NOT_THIS` |\n\nAlso `NOR_THIS`.';

    expect(codesListed(table)).toEqual(['MADE_UP']);
  });

  test('sees a missing and a forgotten code as different', () => {
    const listed = codesListed('| `KEPT_ONE` | x |\n| `FORGOTTEN_ONE` | x |');
    const shown = codesIn("{ code: 'KEPT_ONE' }, { code: 'MISSING_ONE' }");

    expect([...shown].filter((code) => !listed.includes(code))).toEqual(['MISSING_ONE']);
    expect(listed.filter((code) => !shown.has(code))).toEqual(['FORGOTTEN_ONE']);
  });
});
