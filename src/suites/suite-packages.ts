import { extname, posix } from 'node:path';
import type { EgressRule } from '../../infra/environment-spec.ts';
import type { SuiteConfig } from '../config/repository-config.ts';
import { isStarter } from '../config/starter-suites.ts';
import { packageImports } from './package-imports.ts';
import { npmLocks, packageFilesFor, readProject } from './package-project.ts';
import { collectSuiteFiles, type SuiteFile, sourceExtensions, sourceOf } from './suite-files.ts';

/** The operator's proxy, and the hole in the fence around the suites that leads to it. */
export interface PackageProxy {
  address: string;
  egress: EgressRule;
}

/** What a Playwright project imports from npm beside Playwright (docs/greenroom-yaml.md, "npm packages"). */
export interface SuitePackages {
  /** `npm ci` in this folder before `go`; null where the image has all that is imported. */
  install: { folder: string; proxy: PackageProxy } | null;
  /** Imported and known to the project, but nothing brings it here. */
  missing: { names: string[]; reason: string; hint: string } | null;
  /** The change's files that say what is installed; none where nothing is. */
  files: string[];
  /** The version of Playwright that the project asks for, where it can be told. The image's is used. */
  playwright: string | null;
}

export const noPackages: SuitePackages = { install: null, missing: null, files: [], playwright: null };

/** In the image; the runner sees to it that no other copy is loaded. */
const inImage = ['@playwright/test', 'playwright', 'playwright-core'];
const ownImage = 'name an image of your own in suites[].image';

/** The packages of each e2e suite, read as data from the change's tree. An image of the suite's own brings them in it. */
export function planPackages(
  suites: readonly SuiteConfig[],
  repositoryDir: string,
  proxy: PackageProxy | 'closed' | null,
): Map<string, SuitePackages> {
  const planned = new Map<string, SuitePackages>();
  for (const suite of suites) {
    if (suite.kind !== 'e2e' || suite.image !== undefined || isStarter(suite)) continue;
    const source = sourceOf(suite.path, repositoryDir);
    const collected = collectSuiteFiles(source, packageFilesFor(source.path));
    // What is wrong with them is told when they are packed.
    if ('files' in collected) planned.set(suite.name, decidePackages(source.path, collected.files, proxy));
  }
  return planned;
}

/**
 * PURE. Only what the tests import counts: a `package.json` also names linters and the application's own packages, and
 * most suites need nothing but Playwright.
 * @param path the suite's, a folder or a file
 */
export function decidePackages(
  path: string,
  files: readonly SuiteFile[],
  proxy: PackageProxy | 'closed' | null,
): SuitePackages {
  const project = readProject(path, files);
  const { folder, lock, playwright } = project;
  const names = importsOf(files).filter((name) => project.packages.has(name) && !inImage.includes(name));
  if (names.length === 0) return { ...noPackages, playwright };
  const base = { files: project.files, playwright };
  if (folder === null) return { ...base, install: null, missing: { names, ...unlocked(project.files) } };
  const lockPath = posix.join(folder, lock);
  if (!npmLocks.includes(lock)) return { ...base, install: null, missing: { names, ...unsupported(lockPath) } };
  if (proxy === null) return { ...base, install: null, missing: { names, ...withoutProxy(lockPath) } };
  if (proxy === 'closed') return { ...base, install: null, missing: { names, ...closedProxy(lockPath) } };
  return { ...base, install: { folder, proxy }, missing: null };
}

interface Obstacle {
  reason: string;
  hint: string;
}

function unlocked([manifest = 'package.json']: string[]): Obstacle {
  const reason = `${quoted(manifest)} names it, but there is no package-lock.json beside that`;
  return { reason, hint: `Add one to the repository (npm install --package-lock-only), or ${ownImage}.` };
}

function unsupported(lock: string): Obstacle {
  const reason = `${quoted(lock)} is not supported, only npm's package-lock.json is`;
  return { reason, hint: `Bring a package-lock.json in its place, or ${ownImage}.` };
}

function withoutProxy(lock: string): Obstacle {
  const reason = `packages of ${quoted(lock)} come through the operator's proxy, and there is none`;
  return { reason, hint: `Have the operator set GREENROOM_BUILD_PROXY, or ${ownImage}.` };
}

function closedProxy(lock: string): Obstacle {
  const reason = `packages of ${quoted(lock)} come through the operator's proxy, which is closed to changes from forks`;
  return { reason, hint: 'Push the branch to the repository itself, or have the base branch name suites[].image.' };
}

function importsOf(files: readonly SuiteFile[]): string[] {
  const sources = files.filter((file) => sourceExtensions.has(extname(file.path)) && file.content.length <= 1_000_000);
  return [...new Set(sources.flatMap((file) => packageImports(file.content.toString('utf8'))))].sort();
}

function quoted(path: string): string {
  return `"${path.slice(0, 200)}"`;
}
