import { expect, test } from 'vitest';
import { packageImports, packageNameOf } from '../../src/suites/package-imports.ts';

test.each([
  ["import _ from 'lodash'", ['lodash']],
  ['import fp from \'lodash/fp\'; export * from "@faker-js/faker/locale/de"', ['lodash', '@faker-js/faker']],
  ["import 'dotenv/config'", ['dotenv']],
  ["const a = require('ms'), b = await import('yaml')", ['ms', 'yaml']],
  ["globalSetup: require.resolve('@acme/login/setup')", ['@acme/login']],
  ["import {\n  a,\n  b,\n} from 'zod';", ['zod']],
  ["import a from 'ms';\nimport b from 'ms';", ['ms']],
  ["import fs from 'node:fs'; import path from 'path'; import './a'; import '../b'; import '/c'", []],
  ["import a from '#pages/home'; import b from '@/pages/home'; import c from '~/x'", ['~']],
  ["import type { A } from 'type-fest'; export type { B } from 'type-fest'", []],
  ["import type { A } from 'type-fest';\nimport { b } from 'ms'", ['ms']],
  ["import { type A, b } from 'ms'", ['ms']],
  ["import type A from 'a-b'; import type * as C from 'c-d'; import type {\n  E,\n} from 'e-f'", []],
  ['await import(`${name}/x`)', []],
])('packages of %j', (source, expected) => {
  expect(packageImports(source)).toEqual(expected);
});

test.each([
  ['lodash/fp', 'lodash'],
  ['@a/b/c.js', '@a/b'],
  ['./a', null],
  ['fs/promises', null],
  ['node:test', null],
  ['https://esm.sh/x', null],
])('the package of %j is %j', (imported, name) => {
  expect(packageNameOf(imported)).toBe(name);
});

test.each([
  ['spaces', `import${' '.repeat(900_000)}(`],
  ['words', 'import type '.repeat(80_000)],
  ['braces', 'import type { '.repeat(70_000)],
  ['quotes', `from '${"a'from '".repeat(100_000)}`],
])('a source full of %s is read in linear time', (_, source) => {
  const begun = performance.now();

  packageImports(source);

  expect(performance.now() - begun).toBeLessThan(3000);
});
