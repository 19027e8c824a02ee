import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { RunError } from '../errors.ts';

/** One installed npm package: its folder on this machine and its place under `node_modules`. */
export interface ModuleFolder {
  folder: string;
  /** `tar-stream`, or `a/node_modules/b` for a version of its own. */
  place: string;
}

interface PackageFile {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/**
 * The packages with all that they need at run time, found as Node finds them: beside the one that asks, then further up.
 * @throws RunError MODULE_MISSING (fix-input)
 */
export async function moduleClosure(project: string, names: readonly string[]): Promise<ModuleFolder[]> {
  const root = join(await realpath(project), 'node_modules');
  const found = new Map<string, ModuleFolder>();
  const queue = names.map((name) => ({ name, from: dirname(root), optional: false }));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const folder = await findModule(root, next.from, next.name);
    if (folder === null && next.optional) continue;
    if (folder === null) {
      throw new RunError(`looking for the npm package "${next.name}" in "${root}"`, {
        code: 'MODULE_MISSING',
        remedy: 'fix-input',
        hint: 'Install the locked dependencies again (npm ci).',
      });
    }
    if (found.has(folder)) continue;
    found.set(folder, { folder, place: relative(root, folder) });
    const { dependencies = {}, optionalDependencies = {} } = await readPackage(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      queue.push({ name, from: folder, optional: name in optionalDependencies });
    }
  }
  return [...found.values()].sort((one, other) => (one.place < other.place ? -1 : 1));
}

async function findModule(root: string, from: string, name: string): Promise<string | null> {
  const top = dirname(root);
  for (let folder = from; folder.startsWith(top); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (await readPackage(candidate).catch(() => null)) return candidate;
  }
  return null;
}

async function readPackage(folder: string): Promise<PackageFile> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageFile;
}
