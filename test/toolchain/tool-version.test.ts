import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { acceptsVersion, compareVersions, versionInOutput } from '../../src/toolchain/tool-version.ts';
import { tools } from '../../src/toolchain/tools.ts';

const root = join(import.meta.dirname, '../..');

test.each([
  ['Kubernetes v1.35.4\n', '1.35.4'],
  ['k6 v2.2.0 (go1.26.8, linux/amd64)\n', '2.2.0'],
  ['CoreDNS-1.14.0\nlinux/amd64, go1.26.8, \n', '1.14.0'],
  ['v3.250.0\n', '3.250.0'],
  ['3.250.0-dev.1\n', '3.250.0'],
  ['Client Version: v1.33.2-dispatcher\nKustomize Version: v5.6.0\n', '1.33.2'],
  ['a tool without a number\n', null],
  ['', null],
])('the version in %j is %j', (output, version) => {
  expect(versionInOutput(output)).toBe(version);
});

test.each([
  ['1.35.4', '1.35.4', 0],
  ['1.35.10', '1.35.4', 6],
  ['1.9', '1.30', -21],
  ['2', '2.0.0', 0],
])('%s against %s is %d', (left, right, difference) => {
  expect(compareVersions(left, right)).toBe(difference);
});

describe('a range', () => {
  const range = { atLeast: '1.35.4', below: '1.36' };
  test.each([
    ['1.35.3', false],
    ['1.35.4', true],
    ['1.35.9', true],
    ['1.36.0', false],
  ])('from 1.35.4 below 1.36 takes %s: %s', (version, accepted) => {
    expect(acceptsVersion(range, version)).toBe(accepted);
  });
});

describe('the table of tools', () => {
  test.each(tools.map((tool) => [tool.name, tool] as const))('%s has its pinned module', (_, tool) => {
    expect(existsSync(join(root, tool.module, 'go.mod'))).toBe(true);
    const local = tool.goPackage === '.';
    if (!local) expect(readFileSync(join(root, tool.module, 'go.sum'), 'utf8')).toContain(moduleOf(tool.goPackage));
    expect(tool.cacheFolder).toContain(tool.version);
  });

  test('pins the versions that the npm packages need', () => {
    const dependencies = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies;
    const version = (name: string) => tools.find((tool) => tool.name === name)?.version;

    expect(version('pulumi')).toBe(dependencies['@pulumi/pulumi']);
    expect(version('pulumi-resource-kubernetes')).toBe(dependencies['@pulumi/kubernetes']);
  });
});

/** `k8s.io/kubernetes/cmd/kubelet` is in `k8s.io/kubernetes`; `go.k6.io/k6/v2` is a module itself. */
function moduleOf(goPackage: string): string {
  return goPackage.replace(/\/cmd\/.*$/, '');
}
