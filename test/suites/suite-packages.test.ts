import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SuiteConfig } from '../../src/config/repository-config.ts';
import { decidePackages, planPackages } from '../../src/suites/suite-packages.ts';

const proxy = { address: 'http://proxy:3128', egress: { host: 'proxy', port: 3128, cidrs: ['10.0.0.9/32'] } };
const manifest = (...names: string[]) => ({
  devDependencies: { '@playwright/test': '^1.50.0', ...Object.fromEntries(names.map((name) => [name, '1.0.0'])) },
});
const lock = (...names: string[]) => ({
  lockfileVersion: 3,
  packages: {
    '': {},
    'node_modules/@playwright/test': { version: '1.50.1' },
    ...Object.fromEntries(names.map((name) => [`node_modules/${name}`, { version: '1.0.0' }])),
  },
});
const spec = (...names: string[]) =>
  ['@playwright/test', ...names].map((name, index) => `import x${index} from '${name}';`).join('\n');

type Tree = Record<string, string | object>;
const filesOf = (tree: Tree) =>
  Object.entries(tree).map(([path, content]) => ({
    path,
    content: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
  }));

describe('with a proxy, packages are installed', () => {
  test.each<[string, Tree, string | null]>([
    ['in the folder of the suite', { 'e2e/package.json': manifest('ms'), 'e2e/package-lock.json': lock('ms') }, 'e2e'],
    ['in the root, where that has the lock file', { 'package.json': manifest('ms'), 'package-lock.json': lock() }, '.'],
    [
      'by the nearest lock file, past a package.json without one',
      { 'e2e/package.json': { type: 'module' }, 'package.json': manifest('ms'), 'package-lock.json': lock('ms') },
      '.',
    ],
    ['when the lock file alone knows them', { 'package.json': manifest(), 'package-lock.json': lock('ms') }, '.'],
    ['of npm-shrinkwrap.json', { 'e2e/package.json': manifest('ms'), 'e2e/npm-shrinkwrap.json': lock('ms') }, 'e2e'],
    [
      'of a lock file of npm 6',
      { 'package.json': {}, 'package-lock.json': { lockfileVersion: 1, dependencies: { ms: { version: '1' } } } },
      '.',
    ],
    ['though the lock file is no JSON: npm says so', { 'package.json': manifest('ms'), 'package-lock.json': '{' }, '.'],
    ['not by a lock file without a package.json', { 'e2e/package-lock.json': lock('ms') }, null],
    ['not when nobody knows them', { 'package.json': manifest('yaml'), 'package-lock.json': lock('yaml') }, null],
  ])('%s', (_, tree, folder) => {
    const own = decidePackages('e2e', filesOf({ 'e2e/a.spec.ts': spec('ms'), ...tree }), proxy);

    expect(own.install).toEqual(folder === null ? null : { folder, proxy });
  });

  test('only for what is imported', () => {
    const project = { 'package.json': manifest('eslint', 'react'), 'package-lock.json': lock('eslint', 'react') };

    const own = decidePackages('e2e', filesOf({ 'e2e/a.spec.ts': spec(), ...project }), proxy);

    expect(own).toEqual({ install: null, missing: null, files: [], playwright: '1.50.1' });
  });

  test('and npm’s own settings come along', () => {
    const project = { 'package.json': manifest('ms'), 'package-lock.json': lock('ms'), '.npmrc': 'registry=x' };

    const own = decidePackages('e2e', filesOf({ 'e2e/a.spec.ts': spec('ms'), ...project }), proxy);

    expect(own.files).toEqual(['package.json', 'package-lock.json', '.npmrc']);
  });
});

describe('what cannot be installed has its reason and a way out', () => {
  test.each<[string, Tree, typeof proxy | 'closed' | null, string, string]>([
    [
      'no proxy',
      { 'package.json': manifest('ms'), 'package-lock.json': lock('ms') },
      null,
      'packages of "package-lock.json" come through the operator\'s proxy, and there is none',
      'GREENROOM_BUILD_PROXY',
    ],
    [
      'a proxy that is closed to forks',
      { 'package.json': manifest('ms'), 'package-lock.json': lock('ms') },
      'closed',
      'which is closed to changes from forks',
      'Push the branch',
    ],
    [
      'yarn',
      { 'e2e/package.json': manifest('ms'), 'e2e/yarn.lock': 'ms@1:' },
      proxy,
      '"e2e/yarn.lock" is not supported',
      'package-lock.json',
    ],
    [
      'pnpm',
      { 'package.json': manifest('ms'), 'pnpm-lock.yaml': '' },
      proxy,
      '"pnpm-lock.yaml" is not supported',
      'package-lock.json',
    ],
    ['no lock file', { 'package.json': manifest('ms') }, proxy, 'no package-lock.json beside', 'package-lock-only'],
  ])('%s', (_, tree, way, reason, hint) => {
    const own = decidePackages('e2e', filesOf({ 'e2e/a.spec.ts': spec('ms', 'path'), ...tree }), way);

    expect(own.install).toBeNull();
    expect(own.missing?.names).toEqual(['ms']);
    expect(own.missing?.reason).toContain(reason);
    expect(own.missing?.hint).toContain(hint);
    expect(own.missing?.hint).toContain('suites[].image');
  });

  test('an npm lock file beside yarn’s is the one that counts', () => {
    const project = { 'package.json': manifest('ms'), 'package-lock.json': lock('ms'), 'yarn.lock': '' };

    expect(decidePackages('e2e', filesOf({ 'e2e/a.spec.ts': spec('ms'), ...project }), proxy).install).not.toBeNull();
  });
});

test.each<[string, Tree, string | null]>([
  ['as locked', { 'package.json': manifest(), 'package-lock.json': lock() }, '1.50.1'],
  ['as written exactly', { 'package.json': { devDependencies: { '@playwright/test': '1.49.0' } } }, '1.49.0'],
  ['or not, of a range', { 'package.json': manifest() }, null],
  ['or not, of a project without it', { 'package.json': {} }, null],
])('the version of Playwright that a project asks for is told %s', (_, tree, version) => {
  expect(decidePackages('e2e', filesOf({ 'e2e/a.spec.ts': spec(), ...tree }), null).playwright).toBe(version);
});

describe('a tree', () => {
  const root = mkdtempSync(join(tmpdir(), 'greenroom-packages-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const tree: Tree = {
    'package.json': manifest('ms'),
    'package-lock.json': lock('ms'),
    'e2e/playwright.config.ts': spec(),
    'e2e/a.spec.ts': spec('ms'),
    'plain/a.spec.ts': spec(),
  };
  for (const [name, content] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  const suite = (config: Partial<SuiteConfig>) =>
    SuiteConfig.parse({ name: 'suite', kind: 'e2e', path: 'e2e', ...config });
  const planned = (config: Partial<SuiteConfig>) => planPackages([suite(config)], root, proxy).get('suite');

  test.each<[string, Partial<SuiteConfig>, string | undefined]>([
    ['of a folder', {}, '.'],
    ['of a file in it', { path: 'e2e/playwright.config.ts' }, '.'],
    ['not of one that imports nothing', { path: 'plain' }, undefined],
    ['not with an image of its own', { image: 'acme/e2e:1' }, undefined],
    ['not of a load script', { kind: 'load', path: 'e2e/a.spec.ts' }, undefined],
    ['not of a starter', { path: 'greenroom:e2e' }, undefined],
    ['not of what is not there', { path: 'nowhere' }, undefined],
  ])('has packages %s', (_, config, folder) => {
    expect(planned(config)?.install?.folder).toBe(folder);
  });

  test('is never read behind a link', () => {
    mkdirSync(join(root, 'linked'));
    writeFileSync(join(root, 'linked/a.spec.ts'), spec('yaml'));
    writeFileSync(join(root, 'linked/package.json'), JSON.stringify(manifest('yaml')));
    symlinkSync('/etc/hostname', join(root, 'linked/package-lock.json'));

    expect(planned({ path: 'linked' })?.files).toEqual(['package.json', 'package-lock.json']);
  });
});
