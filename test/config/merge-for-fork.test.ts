import { expect, test } from 'vitest';
import { mergeForFork } from '../../src/config/merge-for-fork.ts';
import { type ReadConfig, readRepositoryConfig } from '../../src/config/read-repository-config.ts';

function fileWith(suites: string, more = ''): ReadConfig {
  const text = `version: 1
application:
  entry: { service: web, port: 8080 }
  services: [{ name: web, image: shop/web, port: 8080 }]
suites: [${suites}]
${more}
`;
  return readRepositoryConfig(text, { file: 'greenroom.yaml' });
}

const smoke = '{ name: smoke, kind: smoke, path: smoke.yaml }';
const e2e = '{ name: e2e, kind: e2e, path: e2e, required: false }';
const base = fileWith(`${smoke}, ${e2e}`, 'limits: { cpu: "1", memory: 1Gi, timeout: 5m, ttl: 30m }');
const sides = { base, head: base, changedFiles: [], approved: false };

test("the base's file decides all, whatever the fork's own says", () => {
  const head = fileWith(
    `${smoke}, { name: mine, kind: load, path: mine.ts, timeout: 60m }`,
    'triggers: { drafts: run }',
  );

  const merged = mergeForFork({ ...sides, head });

  expect(merged).toMatchObject({ kind: 'run', decidedBy: 'base', config: 'config' in base ? base.config : {} });
});

test('suites of which the fork edits the files are marked', () => {
  expect(mergeForFork({ ...sides, changedFiles: ['e2e/a.spec.ts'] })).toMatchObject({ modified: ['e2e'] });
});

test('a required suite that the fork drops is missed until that is approved', () => {
  const head = fileWith(e2e);

  expect(mergeForFork({ ...sides, head })).toMatchObject({ missingRequired: ['smoke'] });
  expect(mergeForFork({ ...sides, head, approved: true })).toMatchObject({ missingRequired: [] });
});

test.each([
  ['a base without the file', { base: null }, 'not-configured'],
  ['a base whose file has problems', { base: { problems: [] } }, 'base-invalid'],
  ['a fork that deletes it', { head: null }, 'gated'],
  ['a fork that deletes it, as approved', { head: null, approved: true }, 'not-configured'],
  ['a fork that breaks it', { head: { problems: [] } }, 'invalid'],
])('%s', (_, side, kind) => {
  expect(mergeForFork({ ...sides, ...side }).kind).toBe(kind);
});
