import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { SuiteContext } from './suite-kind.ts';

const names = ['@playwright/test', 'playwright', 'playwright-core'];

/** Tests may import Playwright and Node's own modules, nothing else of ours. */
export function linkPlaywright({ work, tools }: SuiteContext): void {
  const folder = join(work.root, 'node_modules');
  mkdirSync(join(folder, '@playwright'), { recursive: true });
  for (const name of names) {
    if (!existsSync(join(folder, name))) symlinkSync(join(tools.modules, name), join(folder, name));
  }
}

/** Two copies of Playwright cannot run one test: ours takes the place of each that npm has put below `folder`. */
export function replacePlaywright(folder: string, modules: string): void {
  const installed = readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8');
  const { packages } = JSON.parse(installed) as { packages: Record<string, unknown> };
  const replaced: string[] = [];
  for (const place of Object.keys(packages).sort()) {
    const name = names.find((one) => `/${place}`.endsWith(`/node_modules/${one}`));
    // Below a link of ours everything is ours.
    if (name === undefined || replaced.some((above) => place.startsWith(`${above}/`))) continue;
    rmSync(join(folder, place), { recursive: true, force: true });
    symlinkSync(join(modules, name), join(folder, place));
    replaced.push(place);
  }
}

/** What a reader would not expect: the project asks for another version than it gets. Null when it gets its own. */
export function versionNotice({ task, tools }: SuiteContext): string | null {
  const file = readFileSync(join(tools.modules, '@playwright/test/package.json'), 'utf8');
  const { version } = JSON.parse(file) as { version: string };
  if (task.playwright === null || task.playwright === version) return null;
  return `Playwright ${version} of the runner image is used, in place of the project's ${task.playwright}`;
}
