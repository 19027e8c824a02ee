import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deploymentPermissions, missingPermissions, neededPermissions } from '../../src/forge/github/app-access.ts';
import { scopeOf } from '../../src/forge/github/token-scope.ts';

const folder = join(import.meta.dirname, '../../src/forge/github');

/** Every path that our sources ask an installation for. */
function paths(): string[] {
  const sources = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const found = sources.flatMap((source) => [...source.matchAll(/'(?:GET|POST|PATCH|PUT|DELETE) (\/[^']+)'/g)]);
  const all = new Set(found.map(([, path = '']) => path));
  return [...all].filter((path) => !/^\/app\b|^\/app-|^\/repos\/\{owner\}\/\{repo\}\/installation$/.test(path)).sort();
}

describe('the permissions that a request is given', () => {
  test.each(paths())('%s: known, and among those that an App has', (path) => {
    const { permissions } = scopeOf(path, 'shop');

    expect(missingPermissions(permissions, { ...neededPermissions, ...deploymentPermissions })).toEqual([]);
  });

  test.each([
    ['/repos/{owner}/{repo}/contents/{path}', { contents: 'read', metadata: 'read', pull_requests: 'read' }],
    ['/repos/{owner}/{repo}/check-runs', { checks: 'write', metadata: 'read' }],
    ['/repos/{owner}/{repo}/commits/{ref}/check-runs', { checks: 'write', metadata: 'read' }],
    ['/repos/{owner}/{repo}/issues/comments/{comment_id}', { metadata: 'read', pull_requests: 'write' }],
    ['/repos/{owner}/{repo}/collaborators/{username}/permission', { metadata: 'read' }],
    ['/repos/{owner}/{repo}/deployments/{deployment_id}/statuses', { deployments: 'write', metadata: 'read' }],
  ])('%s', (path, permissions) => {
    expect(scopeOf(path, 'shop')).toEqual({ repository: 'shop', permissions });
  });

  test('nothing but a deployment needs the permission for deployments', () => {
    const needing = paths().filter((path) => 'deployments' in scopeOf(path, 'shop').permissions);

    expect(needing.every((path) => path.startsWith('/repos/{owner}/{repo}/deployments'))).toBe(true);
  });

  test.each([
    ['/repos/{owner}/{repo}/actions/secrets', 'shop'],
    ['/repos/{owner}/{repo}/pulls', undefined],
    ['/user/repos', 'shop'],
  ])('%s for %j is nothing that we ask', (path, repository) => {
    expect(() => scopeOf(path, repository)).toThrow('choosing the permissions');
  });

  test('whoever may write may read, and what was never granted is missing', () => {
    const granted = { checks: 'write', contents: 'write', metadata: 'read' };

    expect(missingPermissions({ checks: 'write', contents: 'read' }, granted)).toEqual([]);
    expect(missingPermissions({ metadata: 'write', issues: 'read' }, granted)).toEqual([
      'metadata: write',
      'issues: read',
    ]);
  });
});
