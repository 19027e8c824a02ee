import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { violations } from './import-rules.ts';

const root = join(import.meta.dirname, '..');
const sources = '{src,infra,runner,scenarios,test,bench,tools,examples}/**/*.{ts,mts,js,mjs}';

async function ourTree(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const path of glob(sources, { cwd: root, exclude: ['**/node_modules/**', '**/fixtures/**'] })) {
    files.set(path, await readFile(join(root, path), 'utf8'));
  }
  return files;
}

function violationsOf(tree: Record<string, string>): string[] {
  return violations(new Map(Object.entries(tree)));
}

test('our tree keeps to the rules of imports, names and sizes', async () => {
  const files = await ourTree();

  expect(files.size).toBeGreaterThan(20);
  expect(violations(files)).toEqual([]);
});

describe('the rules catch', () => {
  test.each([
    [
      'an import against the table',
      'src/verdict/judge.ts',
      "import { a } from '../run/run.ts';",
      'verdict may not import run',
    ],
    [
      'a re-export against the table',
      'src/config/a.ts',
      "export { a } from '../event/event.ts';",
      'config may not import event',
    ],
    [
      'a dynamic import against the table',
      'src/image/a.ts',
      "await import('../forge/forge.ts');",
      'image may not import forge',
    ],
    [
      'a value where only types may come',
      'src/report/a.ts',
      "import { a } from '../forge/forge.ts';",
      'may import only types',
    ],
    [
      'a folder that the table does not know',
      'src/new/a.ts',
      "import { a } from '../run/run.ts';",
      'new may not import run',
    ],
    ['the process in a folder', 'src/store/a.ts', "import { realHost } from '../host.ts';", 'only cli/ and main.ts'],
    ['infra that reaches into src', 'infra/a.ts', "import type { a } from '../src/errors.ts';", 'infra/ stands alone'],
    [
      'a scenario that reaches into src',
      'scenarios/a.ts',
      "import { a } from '../src/errors.ts';",
      'scenarios/ stands alone',
    ],
    [
      "the pods' runner that reaches into infra",
      'runner/a.ts',
      "import { a } from '../infra/labels.ts';",
      'stands alone',
    ],
    ['a cli import from below', 'src/runner/a.ts', "import { a } from '../cli/cli.ts';", 'runner may not import cli'],
    ['a name for nothing', 'src/run/utils.ts', '', 'no name found'],
    ['a folder named for nothing', 'src/common/text.ts', '', 'no name found'],
    ['a barrel', 'src/run/index.ts', '', 'barrel'],
    ['a mock', 'test/a.test.ts', `vi.${'mock'}('../src/run/run.ts');`, 'mocks a module'],
    ['a long file', 'src/run/a.ts', 'a;\n'.repeat(401), '401 lines'],
    ['a clock in a pure file', 'src/event/decide.ts', 'export const now = Date.now();', 'uses Date.now'],
    [
      'I/O in a pure file',
      'src/teardown/expired.ts',
      "import { readFile } from 'node:fs/promises';",
      'imports node:fs/promises',
    ],
  ])('%s', (_, path, text, message) => {
    expect(violationsOf({ [path]: text })).toEqual([expect.stringContaining(message)]);
  });

  test('what a pure file imports, too', () => {
    const tree = {
      'src/run/transition.ts': "import { a } from './id.ts';",
      'src/run/id.ts': "import { randomUUID } from 'node:crypto';",
    };

    expect(violationsOf(tree)).toEqual([
      'src/run/transition.ts is pure, but src/run/id.ts imports node:crypto',
      'src/run/transition.ts is pure, but src/run/id.ts uses randomUUID',
    ]);
  });

  test('a cycle, once', () => {
    const tree = {
      'src/run/a.ts': "import { b } from './b.ts';",
      'src/run/b.ts': "import { c } from './c.ts';",
      'src/run/c.ts': "import { a } from './a.ts';",
    };

    expect(violationsOf(tree)).toEqual(['cycle: src/run/a.ts -> src/run/b.ts -> src/run/c.ts -> src/run/a.ts']);
  });
});

describe('the rules allow', () => {
  test.each([
    ['what the table says', 'src/verdict/judge.ts', "import { a } from '../suites/suite-result.ts';"],
    ['a neighbour', 'src/run/a.ts', "import { a } from './b.ts';"],
    [
      'errors and the log',
      'src/config/a.ts',
      "import { a } from '../errors.ts';\nimport type { Log } from '../log.ts';",
    ],
    ['types where types may come', 'src/report/a.ts', "import type { a } from '../forge/forge.ts';"],
    ['inline types where types may come', 'src/report/a.ts', "import { type a } from '../forge/forge.ts';"],
    [
      'everything to the command line',
      'src/cli/a.ts',
      "import { a } from '../runner/a.ts';\nimport { b } from '../host.ts';",
    ],
    ['packages', 'src/run/a.ts', "import { z } from 'zod';"],
  ])('%s', (_, path, text) => {
    expect(violationsOf({ [path]: text })).toEqual([]);
  });

  test('types that point at each other', () => {
    const tree = {
      'src/run/a.ts': "import type { b } from './b.ts';",
      'src/run/b.ts': "import { a } from './a.ts';",
    };

    expect(violationsOf(tree)).toEqual([]);
  });
});
