import { type Dirent, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, extname, join, posix, relative, sep } from 'node:path';
import { starterPathPrefix } from '../config/starter-suites.ts';
import type { Problem } from '../errors.ts';

/** A file of the change, as data, under its path in the repository. */
export interface SuiteFile {
  path: string;
  content: Buffer;
}

/** Where a suite's files come from: the change's tree, or our own `scenarios/` for a starter. */
export interface SuiteSource {
  /** Absolute. */
  root: string;
  /** Relative to `root`, with `/`. */
  path: string;
}

const maximumFiles = 3000;
const maximumBytes = 32 * 1024 * 1024;
const skippedFolders = new Set(['node_modules', '.git', 'test-results', 'playwright-report', 'blob-report']);
export const sourceExtensions: ReadonlySet<string> = new Set([
  '.ts',
  '.mts',
  '.cts',
  '.tsx',
  '.js',
  '.mjs',
  '.cjs',
  '.jsx',
]);
/** What an import may leave away, in the order in which it is tried. */
const guesses = ['', '.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js'];
const ancestors = ['package.json', 'tsconfig.json'];

export const starterFolder = join(import.meta.dirname, '../../scenarios');

export function sourceOf(path: string, repositoryDir: string): SuiteSource {
  if (path.startsWith(starterPathPrefix)) return { root: starterFolder, path: path.slice(starterPathPrefix.length) };
  return { root: repositoryDir, path: posix.normalize(path).replace(/\/$/, '') };
}

/**
 * The files that a suite needs: its folder (of a file: the folder that holds it), what these import by relative paths, and the
 * `package.json` and `tsconfig.json` above them. Links are left out, and nothing outside the root is read.
 * @param more paths of what else is taken where it is there
 */
export function collectSuiteFiles(
  source: SuiteSource,
  more: readonly string[] = [],
): { files: SuiteFile[] } | { problems: Problem[] } {
  const tree = new SourceTree(source.root);
  const kind = tree.kindOf(source.path);
  if (kind === 'missing')
    return { problems: [{ file: source.path, message: 'is not there', suggestion: 'suites[].path names it' }] };
  tree.addFolder(kind === 'folder' ? source.path : posix.dirname(source.path));
  if (!tree.isFull) tree.addImports();
  for (const folder of foldersUpFrom(source.path).slice(1)) {
    for (const name of ancestors) tree.addFile(posix.join(folder, name));
  }
  for (const path of more) tree.addFile(path);
  if (tree.isFull) {
    const message = `has more than ${maximumFiles} files or ${maximumBytes / 1024 / 1024} MiB beside it`;
    return { problems: [{ file: source.path, message, suggestion: 'give the suite a folder of its own' }] };
  }
  return { files: tree.files };
}

/** PURE. The path itself first, the repository's root (`.`) last. */
export function foldersUpFrom(path: string): string[] {
  const folders = [path];
  for (let folder = path; folder !== '.'; ) {
    folder = posix.dirname(folder);
    folders.push(folder);
  }
  return folders;
}

class SourceTree {
  #root: string;
  #files = new Map<string, SuiteFile>();
  #bytes = 0;

  constructor(root: string) {
    this.#root = realpathSync(root);
  }

  get files(): SuiteFile[] {
    return [...this.#files.values()];
  }

  get isFull(): boolean {
    return this.#files.size > maximumFiles || this.#bytes > maximumBytes;
  }

  /** Of the file itself, never of what a link names. */
  kindOf(path: string): 'file' | 'folder' | 'missing' {
    try {
      const absolute = join(this.#root, path);
      // A link anywhere on the way could lead out of the change.
      if (
        relative(this.#root, realpathSync(absolute)).split(sep).join('/') !== posix.normalize(path).replace(/^\.$/, '')
      )
        return 'missing';
      const stat = lstatSync(absolute);
      return stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'missing';
    } catch {
      return 'missing';
    }
  }

  addFile(path: string): boolean {
    const normal = posix.normalize(path);
    if (this.#files.has(normal)) return true;
    if (normal.startsWith('..') || this.kindOf(normal) !== 'file') return false;
    const { size } = lstatSync(join(this.#root, normal));
    this.#bytes += size;
    if (this.isFull) return false;
    this.#files.set(normal, { path: normal, content: readFileSync(join(this.#root, normal)) });
    return true;
  }

  addFolder(path: string): void {
    const entries: Dirent[] = readdirSync(join(this.#root, path), { withFileTypes: true });
    for (const entry of entries) {
      if (this.isFull) return;
      const child = posix.join(path, entry.name);
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) this.addFolder(child);
      else if (entry.isFile()) this.addFile(child);
    }
  }

  /** Follows imports until nothing new comes; a missing one is the suite's own to complain about. */
  addImports(): void {
    const queue = [...this.#files.keys()];
    for (let path = queue.pop(); path !== undefined && !this.isFull; path = queue.pop()) {
      const file = this.#files.get(path);
      if (!file || !sourceExtensions.has(extname(path)) || file.content.length > 1_000_000) continue;
      for (const specifier of relativeImports(file.content.toString('utf8'))) {
        const target = posix.join(dirname(path), specifier);
        const before = this.#files.size;
        const found = guesses.map((guess) => `${target}${guess}`).find((candidate) => this.addFile(candidate));
        if (found && this.#files.size > before) queue.push(found);
      }
    }
  }
}

/** PURE. Relative paths in `import`, `export from`, `require()` and k6's `open()`. */
export function relativeImports(source: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*(?:\(\s*)?|\brequire\s*\(\s*|\bopen\s*\(\s*)(['"`])(\.{1,2}\/[^'"`\n]+)\1/g;
  return [...source.matchAll(pattern)].map((match) => match[2] ?? '').filter((specifier) => !specifier.includes('${'));
}
