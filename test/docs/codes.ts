import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Codes of libraries that we read and never show, and a capability of Linux. */
const ofOthers = new Set([
  'DUPLICATE_KEY',
  'HPE_INVALID_CONSTANT',
  'MULTIPLE_DOCS',
  'NET_BIND_SERVICE',
  'RESOURCE_EXHAUSTION',
]);
const variable = /^(?:GREENROOM|K8S_POD|PULUMI_(?!FAILED|PASSPHRASE)|AWS|NODE|XDG|DATABASE)_?/;

/** PURE. Every code that a source names: any quoted CODE_WITH_UNDERSCORE, `code: 'WORD'`, and the words of `type …Code = …`. */
export function codesIn(source: string): Set<string> {
  const words = [
    ...source.matchAll(/['"`]([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)['"`]/g),
    ...source.matchAll(/\bcode: ['"`]([A-Z][A-Z0-9]+)['"`]/g),
    ...[...source.matchAll(/\btype \w*Code =([^;]*);/g)].flatMap(([, union = '']) => [
      ...union.matchAll(/'([A-Z][A-Z0-9_]*)'/g),
    ]),
  ].map(([, word = '']) => word);
  return new Set(words.filter((word) => !ofOthers.has(word) && !variable.test(word)));
}

/** PURE. The first cell of every row of every table, where it is a code; twice when it is there twice. */
export function codesListed(document: string): string[] {
  return [...document.matchAll(/^\| `([A-Z][A-Z0-9_]*)` \|/gm)].map(([, code = '']) => code);
}

export function codesOfFolders(...folders: string[]): Set<string> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .map((name) => join(folder, name)),
  );
  return new Set(files.flatMap((file) => [...codesIn(readFileSync(file, 'utf8'))]));
}
