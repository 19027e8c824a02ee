import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'fixtures/npm-project');
const fixture = (name: string) => readFileSync(join(folder, name), 'utf8');
/** Outside of this repository, whose own settings do not count. */
export const registry = execFileSync('npm', ['config', 'get', 'registry'], {
  cwd: tmpdir(),
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
}).trim();

/** Uses the package, and tells which Playwright it and its packages get. */
const spec = `import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@playwright/test';
import ms from 'ms';
const require = createRequire(import.meta.url);
test('measures time', () => expect(ms('2 days')).toBe(172_800_000));
test('greets', async ({ page }) => { await page.goto('/'); await expect(page.locator('h1')).toHaveText('Hello'); });
for (const name of ['@playwright/test', 'playwright', 'playwright-core'])
  test(\`has one \${name}\`, () => expect(realpathSync(require.resolve(name))).not.toContain('/in/'));
`;

/**
 * A project with a small package and another version of Playwright in its lock file, whose addresses are the public
 * registry's; an `.npmrc` of its own names the registry that this machine uses.
 */
export function npmProject(overrides: Record<string, string> = {}): Record<string, string> {
  return {
    'shop/package.json': fixture('package.json'),
    'shop/package-lock.json': fixture('package-lock.json'),
    'shop/.npmrc': `registry=${registry}\nignore-scripts=false\nproxy=http://127.0.0.1:9\nhttps-proxy=http://127.0.0.1:9\n`,
    'shop/e2e/a.spec.ts': spec,
    ...overrides,
  };
}
