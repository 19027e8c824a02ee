import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unpackOutputs } from '../../src/suites/fetch-outputs.ts';
import { packSuite } from '../../src/suites/suite-archive.ts';
import { collectSuiteFiles, relativeImports } from '../../src/suites/suite-files.ts';
import type { SuiteTask } from '../../src/suites/suite-task.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'greenroom-files-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function tree(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}
function collected(path: string): string[] {
  const result = collectSuiteFiles({ root, path });
  return 'files' in result ? result.files.map((file) => file.path).toSorted() : [];
}

test('a folder comes with what it imports from elsewhere and the package.json above it', () => {
  tree({
    'package.json': '{}',
    'tests/e2e/a.spec.ts': "import { page } from '../../pages/home';",
    'tests/e2e/node_modules/x/index.js': '',
    'pages/home.ts': "export { base } from './base.ts';",
    'pages/base.ts': '',
    'src/secret.ts': '',
  });

  expect(collected('tests/e2e')).toEqual(['package.json', 'pages/base.ts', 'pages/home.ts', 'tests/e2e/a.spec.ts']);
});

test('a script comes with its folder and the data that it opens', () => {
  tree({ 'load/browse.ts': "const d = open('../data/users.json');", 'data/users.json': '[]', 'data/other.json': '' });

  expect(collected('load/browse.ts')).toEqual(['data/users.json', 'load/browse.ts']);
});

test('links are not followed, and nothing outside the tree is read', () => {
  tree({ 'e2e/a.spec.ts': "import '../../../../../../etc/passwd'; import './link.ts'; import '../linked/x.ts';" });
  symlinkSync('/etc/passwd', join(root, 'e2e/link.ts'));
  symlinkSync('/etc', join(root, 'linked'));

  expect(collected('e2e')).toEqual(['e2e/a.spec.ts']);
});

test('a suite that is not there is a problem that names it', () => {
  expect(collectSuiteFiles({ root, path: 'nowhere' })).toMatchObject({ problems: [{ file: 'nowhere' }] });
});

test.each([
  ["import a from './a.ts'", ['./a.ts']],
  ["export * from '../b'", ['../b']],
  ["await import('./c.js'); require('./d')", ['./c.js', './d']],
  ["open('./e.json'); import x from 'k6/http'", ['./e.json']],
  ['import `./${name}`', []],
])('relative imports of %s', (source, expected) => {
  expect(relativeImports(source)).toEqual(expected);
});

test('imports are found in linear time, whatever a source holds', () => {
  expect(relativeImports(`import${' '.repeat(900_000)}(`)).toEqual([]);
});

test('a packed suite unpacks to the same bytes', async () => {
  const archive = await packSuite([{ path: 'a/ü.txt', content: Buffer.from('x') }], {} as SuiteTask);
  const complete = Buffer.concat([withoutEnd(archive), await entryOf('.complete')]);

  const files = await unpackOutputs(Readable.from([complete]), root);

  expect(files.map((file) => `${file.name} ${file.bytes}`)).toEqual(['in/a/ü.txt 1', 'task.json 2']);
});

test.each([
  ['a name that climbs', { name: '../evil' }],
  ['an absolute name', { name: '/etc/evil' }],
  ['a link', { name: 'link', type: 'symlink' as const, linkname: '/etc/passwd' }],
  ['a device', { name: 'dev', type: 'character-device' as const }],
])('%s is refused', async (_, header) => {
  const archive = pack();
  archive.entry(header);
  archive.finalize();

  await expect(unpackOutputs(archive as unknown as Readable, root)).rejects.toMatchObject({
    code: 'SUITE_FILES_REFUSED',
  });
});

test('an archive that was cut off is incomplete, not short', async () => {
  const archive = await packSuite([{ path: 'a', content: Buffer.alloc(5000) }], {} as SuiteTask);

  for (const bytes of [600, 3000, archive.length]) {
    await expect(
      unpackOutputs(Readable.from([archive.subarray(0, bytes)]), join(root, String(bytes))),
    ).rejects.toThrow();
  }
});

/** Without the two empty blocks that close an archive. */
function withoutEnd(archive: Buffer): Buffer {
  return archive.subarray(0, archive.length - 1024);
}

async function entryOf(name: string): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name }, '{}');
  archive.finalize();
  return buffer(archive);
}
