import { describe, expect, test } from 'vitest';
import { type ConfigSides, mergeBaseConfig } from '../../src/config/merge-base-config.ts';
import { type ReadConfig, readRepositoryConfig } from '../../src/config/read-repository-config.ts';

const smoke = '{ name: smoke, kind: smoke, path: tests/smoke.yaml }';
const e2e = '{ name: e2e, kind: e2e, path: tests/e2e/ }';

function fileWith(suites: string[], rest = ''): ReadConfig {
  const text = `version: 1
application: { entry: { service: web, port: 80 }, manifests: k8s }
suites: [${suites.join(', ')}]
${rest}`;
  return readRepositoryConfig(text, { file: 'greenroom.yaml' });
}

function merge(sides: Partial<ConfigSides>) {
  return mergeBaseConfig({ base: null, head: null, changedFiles: [], approved: false, ...sides });
}

test('without a file on either side there is nothing to do, and the reason says how to begin', () => {
  expect(merge({})).toEqual({ kind: 'not-configured', reason: expect.stringContaining('greenroom init') });
});

test('a change that deletes the file is gated until its commit is approved', () => {
  const base = fileWith([smoke]);

  expect(merge({ base })).toMatchObject({ kind: 'gated', reason: expect.stringContaining('deletes greenroom.yaml') });
  expect(merge({ base, approved: true })).toMatchObject({ kind: 'not-configured' });
});

test('a base whose file is broken still gates its deletion', () => {
  expect(merge({ base: fileWith(['{}']) })).toMatchObject({ kind: 'gated' });
});

test('problems in the head are told, whatever the base says', () => {
  expect(merge({ base: fileWith([smoke]), head: fileWith(['{}']) })).toMatchObject({ kind: 'invalid' });
});

test('triggers, limits and what is required come from the base', () => {
  const base = fileWith([smoke], 'limits: { ttl: 1h }\ntriggers: { drafts: run }');
  const head = fileWith([smoke.replace('}', ', required: false }')], 'limits: { ttl: 9h }\ntriggers: { drafts: skip }');

  expect(merge({ base, head })).toMatchObject({
    kind: 'run',
    decidedBy: 'base',
    config: { suites: [{ required: true }], limits: { ttl: '1h' }, triggers: { drafts: 'run' } },
    modified: ['smoke'],
    missingRequired: [],
  });
});

test('the base may also say that a suite is not required', () => {
  const base = fileWith([smoke.replace('}', ', required: false }')]);

  expect(merge({ base, head: fileWith([smoke]) })).toMatchObject({ config: { suites: [{ required: false }] } });
});

describe('a required suite that the head lacks', () => {
  const base = fileWith([smoke, e2e]);

  test.each([
    ['removed', [smoke]],
    ['under another kind', [smoke, e2e.replace('kind: e2e', 'kind: smoke')]],
    ['replaced by the starters', []],
  ])('is missed when %s', (_, suites) => {
    expect(merge({ base, head: fileWith(suites) })).toMatchObject({ missingRequired: expect.arrayContaining(['e2e']) });
  });

  test('is missed no more once the commit is approved, and the report says so', () => {
    expect(merge({ base, head: fileWith([smoke]), approved: true })).toMatchObject({
      missingRequired: [],
      notes: ['approved to go without the required "e2e"'],
    });
  });

  test('is not missed when the base does not require it', () => {
    const optional = fileWith([smoke, e2e.replace('}', ', required: false }')]);

    expect(merge({ base: optional, head: fileWith([smoke]) })).toMatchObject({ missingRequired: [] });
  });
});

test('starters give way to a repository’s own suites without a gate', () => {
  expect(merge({ base: fileWith([]), head: fileWith([smoke]) })).toMatchObject({ missingRequired: [] });
});

describe('a suite is marked modified', () => {
  const base = fileWith([smoke, e2e]);

  test.each([
    ['when its file changes', ['tests/smoke.yaml'], ['smoke']],
    ['when a file in its folder changes', ['tests/e2e/a/b.spec.ts'], ['e2e']],
    ['but not for a neighbour with the same beginning', ['tests/e2e-old/x.ts', 'tests/smoke.yaml.bak'], []],
  ])('%s', (_, changedFiles, modified) => {
    expect(merge({ base, head: base, changedFiles })).toMatchObject({ modified });
  });

  test('when the change adds it', () => {
    expect(merge({ base: fileWith([smoke]), head: base })).toMatchObject({ modified: ['e2e'] });
  });
});

test('where the base has no file the head decides, so that a repository can begin', () => {
  expect(merge({ head: fileWith([smoke]) })).toMatchObject({
    kind: 'run',
    decidedBy: 'head',
    missingRequired: [],
    notes: [],
  });
});

test('where the base’s file is broken the head decides, and the report says so', () => {
  const merged = merge({ base: fileWith(['{}']), head: fileWith([smoke]) });

  expect(merged).toMatchObject({ kind: 'run', decidedBy: 'head', notes: [expect.stringContaining('base branch')] });
});
