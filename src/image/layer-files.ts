import { statSync } from 'node:fs';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, matchesGlob, posix, relative } from 'node:path';
import { RunError } from '../errors.ts';
import { type Capability, fillIn, type LayerRecipe, type RecipeVariables } from './image-recipes.ts';
import { libraryClosure } from './library-closure.ts';
import { moduleClosure } from './module-closure.ts';

/** One entry of a layer; `path` is absolute inside the image. Owner is root, times are the epoch: equal content, equal digest. */
export type LayerEntry =
  | { path: string; kind: 'directory'; mode: number }
  | { path: string; kind: 'link'; target: string }
  | { path: string; kind: 'text'; mode: number; text: string }
  | {
      path: string;
      kind: 'file';
      mode: number;
      source: string;
      size: number;
      changedMs: number;
      capability?: Capability;
    };

/** A layer's entries by path. */
type Entries = ReadonlyMap<string, LayerEntry>;

/**
 * What a layer holds, in the order of its paths. Nothing is read but names, links and sizes.
 * @throws RunError IMAGE_PART_MISSING (fix-input), MODULE_MISSING, LDD_MISSING
 */
export async function layerFiles(
  recipe: LayerRecipe,
  variables: RecipeVariables,
  signal: AbortSignal,
): Promise<LayerEntry[]> {
  return completeLayer(recipe, await namedFiles(recipe, variables), signal);
}

/** The files and folders that the recipe names, without the libraries that they need. */
export async function namedFiles(recipe: LayerRecipe, variables: RecipeVariables): Promise<Entries> {
  const entries = new Map<string, LayerEntry>();
  const add = (entry: LayerEntry) => void entries.set(entry.path, entry);
  for (const copy of recipe.copy) {
    const from = fillIn(copy.from, variables);
    const to = fillIn(copy.to, variables);
    const { capability } = copy;
    const put = (entry: LayerEntry) => add(capability && entry.kind === 'file' ? { ...entry, capability } : entry);
    await walk(from, to, copy.except, put).catch((cause) => {
      throw missing(from, recipe.package, cause);
    });
  }
  for (const module of await moduleClosure(variables.project, recipe.modules)) {
    // Versions of its own lie in a folder below, and are in the closure when they are needed.
    const except = ['node_modules', 'node_modules/**', ...recipe.modulesExcept];
    await walk(module.folder, posix.join(recipe.modulesTo, module.place), except, add);
  }
  return entries;
}

export async function completeLayer(recipe: LayerRecipe, named: Entries, signal: AbortSignal): Promise<LayerEntry[]> {
  const entries = new Map(named);
  const add = (entry: LayerEntry) => void entries.set(entry.path, entry);
  const sources = [...entries.values()].flatMap((entry) => (entry.kind === 'file' ? [entry.source] : []));
  for (const library of await libraryClosure(sources, signal)) {
    if (!entries.has(library)) await walk(library, library, [], add);
  }
  for (const [path, mode] of Object.entries(recipe.directories)) {
    add({ path, kind: 'directory', mode: Number.parseInt(mode, 8) });
  }
  for (const [path, target] of Object.entries(recipe.links)) add({ path, kind: 'link', target });
  for (const [path, text] of Object.entries(recipe.write)) add({ path, kind: 'text', mode: 0o644, text });
  addParents(entries);
  return [...entries.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

/**
 * A file by itself is copied under its name with links followed; inside a folder links stay links, and none is followed.
 * Globs of `except` are matched against paths below `from`.
 */
export async function walk(
  from: string,
  to: string,
  except: readonly string[],
  add: (entry: LayerEntry) => void,
): Promise<void> {
  const found = await stat(from);
  if (!found.isDirectory()) return add(fileEntry(await realpath(from), to));
  add({ path: to, kind: 'directory', mode: 0o755 });
  const excluded = except.map(matcherOf);
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name);
    const name = relative(from, source);
    if (excluded.some((matches) => matches(name))) continue;
    const path = posix.join(to, name);
    if (entry.isDirectory()) add({ path, kind: 'directory', mode: 0o755 });
    else if (entry.isSymbolicLink()) add({ path, kind: 'link', target: await readlink(source) });
    else if (entry.isFile()) add(fileEntry(source, path));
  }
}

/** Node compiles a glob anew for each name, which over thousands of names costs tens of megabytes: plain ones need none. */
function matcherOf(glob: string): (name: string) => boolean {
  const folder = glob.endsWith('/**') ? glob.slice(0, -2) : null;
  if (folder !== null && isPlain(folder)) return (name) => name.startsWith(folder);
  const ending = glob.startsWith('**/*.') ? glob.slice('**/*'.length) : null;
  if (ending !== null && isPlain(ending)) return (name) => name.endsWith(ending);
  return isPlain(glob) ? (name) => name === glob : (name) => matchesGlob(name, glob);
}

function isPlain(glob: string): boolean {
  return !/[*?[\]{}!()+@|\\]/.test(glob);
}

/** Not awaited: thousands of files in a row, which took half as long again. */
function fileEntry(source: string, path: string): LayerEntry {
  const { mode, size, mtimeMs } = statSync(source);
  return { path, kind: 'file', mode: mode & 0o100 ? 0o755 : 0o644, source, size, changedMs: Math.floor(mtimeMs) };
}

/** Folders that nobody named. `/lib` is a link in the image, so nothing is ever put below it: libraries come by their real path. */
function addParents(entries: Map<string, LayerEntry>): void {
  for (const path of [...entries.keys()]) {
    for (let parent = dirname(path); parent !== '/' && !entries.has(parent); parent = dirname(parent)) {
      entries.set(parent, { path: parent, kind: 'directory', mode: 0o755 });
    }
  }
}

function missing(path: string, debianPackage: string | undefined, cause: unknown): Error {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) return cause as Error;
  return new RunError(`putting "${path}" into an image`, {
    code: 'IMAGE_PART_MISSING',
    remedy: 'fix-input',
    hint: debianPackage
      ? `It is not on this machine: install Debian's package "${debianPackage}".`
      : 'It is not on this machine.',
    cause,
  });
}
