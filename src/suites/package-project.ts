import { posix } from 'node:path';
import { z } from 'zod';
import { foldersUpFrom, type SuiteFile } from './suite-files.ts';

/** The npm project that a suite belongs to, as its files say. */
export interface PackageProject {
  /** The nearest one that has a `package.json` and a lock file, from the suite's up to the root (`.`); null: none has. */
  folder: string | null;
  /** Name of the lock file in it; '' where there is none. */
  lock: string;
  /** What npm would read, as paths. Without a lock file: the `package.json` files. */
  files: string[];
  /** Every package that a `package.json` names or the lock file puts within reach. */
  packages: ReadonlySet<string>;
  /** The version of Playwright that is locked or written exactly. */
  playwright: string | null;
}

const versions = z.record(z.string(), z.string()).catch({});
const Manifest = z.object({ dependencies: versions, devDependencies: versions, optionalDependencies: versions });
const LockFile = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional() }).catch({})).catch({}),
  /** Of npm 6. */
  dependencies: z.record(z.string(), z.unknown()).catch({}),
});
type LockFile = z.infer<typeof LockFile>;

export const npmLocks: readonly string[] = ['npm-shrinkwrap.json', 'package-lock.json'];
const otherLocks = ['yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb'];
const locks = [...npmLocks, ...otherLocks];

/** PURE. Paths of all that could say what a suite has to install. @param path the suite's, a folder or a file */
export function packageFilesFor(path: string): string[] {
  return foldersUpFrom(path).flatMap((folder) => [...locks, '.npmrc'].map((name) => posix.join(folder, name)));
}

/** PURE. @param files the suite's own and those of `packageFilesFor` that are there */
export function readProject(path: string, files: readonly SuiteFile[]): PackageProject {
  const contents = new Map(files.map((file) => [file.path, file.content]));
  const has = (folder: string, name: string) => contents.has(posix.join(folder, name));
  const folders = foldersUpFrom(path);
  const declared = declaredIn(folders.map((folder) => jsonOf(contents.get(posix.join(folder, 'package.json')))));
  const place = folders
    .filter((folder) => has(folder, 'package.json'))
    .map((folder) => ({ folder, lock: locks.find((name) => has(folder, name)) }))
    .find((one) => one.lock !== undefined);
  const { folder = null, lock = '' } = place ?? {};
  const lockPath = posix.join(folder ?? '', lock);
  const locked = npmLocks.includes(lock) ? LockFile.safeParse(jsonOf(contents.get(lockPath))).data : undefined;
  const read = folder === null ? folders.map((one) => posix.join(one, 'package.json')) : filesOf(folder, lock);
  return {
    folder,
    lock,
    files: read.filter((file) => contents.has(file)),
    packages: new Set([...Object.keys(declared), ...packagesOf(locked)]),
    playwright: playwrightOf(declared, locked),
  };
}

function filesOf(folder: string, lock: string): string[] {
  return ['package.json', lock, '.npmrc'].map((name) => posix.join(folder, name));
}

/** The nearest `package.json` has the last word. */
function declaredIn(manifests: unknown[]): Record<string, string> {
  const read = manifests.map((manifest) => Manifest.safeParse(manifest).data).reverse();
  return Object.assign(
    {},
    ...read.flatMap((one) => [one?.optionalDependencies, one?.devDependencies, one?.dependencies]),
  );
}

/** What a file of the project can import: the topmost packages alone. */
function packagesOf(lock: LockFile | undefined): string[] {
  const places = Object.keys(lock?.packages ?? {});
  const topmost = places.flatMap((place) => /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place)?.[1] ?? []);
  return [...topmost, ...Object.keys(lock?.dependencies ?? {})];
}

function playwrightOf(declared: Record<string, string>, lock: LockFile | undefined): string | null {
  const names = ['@playwright/test', 'playwright'];
  const locked = names.map((name) => lock?.packages[`node_modules/${name}`]?.version);
  const exact = names.map((name) => declared[name]).filter((version) => /^\d+\.\d+\.\d+$/.test(version ?? ''));
  return [...locked, ...exact].find((version) => version !== undefined)?.slice(0, 50) ?? null;
}

/** What is no JSON says nothing here; npm will name it. */
function jsonOf(content: Buffer | undefined): unknown {
  try {
    return JSON.parse(content?.toString('utf8') ?? 'null');
  } catch {
    return null;
  }
}
