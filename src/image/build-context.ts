import type { Stats } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { RunError } from '../errors.ts';
import { type LayerEntry, walk } from './layer-files.ts';

const maxBytes = 1024 ** 3;
const maxFiles = 100_000;

/** Where a build's files are; all of it was written by the change. */
export interface ContextPlace {
  /** The image's name, for messages. */
  name: string;
  /** The folder of the change's files, absolute. */
  root: string;
  /** At or below `root`, absolute. */
  folder: string;
  /** Path inside `folder`. */
  dockerfile: string;
}

/**
 * The files of a build's context as the entries of an archive, below `/`. No link is followed, neither on the way to the folder
 * nor inside it: nothing outside is ever read. The repository's own `.git` stays out; `.dockerignore` is for buildah to respect.
 * @throws RunError BUILD_INPUT_MISSING, BUILD_CONTEXT_TOO_LARGE (fix-input)
 */
export async function contextFiles({ name, root, folder, dockerfile }: ContextPlace): Promise<LayerEntry[]> {
  const isFolder = await isPlain(root, relative(root, folder), (found) => found.isDirectory());
  const isFile = isFolder && (await isPlain(root, join(relative(root, folder), dockerfile), (found) => found.isFile()));
  if (!isFile) {
    throw new RunError(`looking for what the image "${name}" is built from`, {
      code: 'BUILD_INPUT_MISSING',
      remedy: 'fix-input',
      hint: isFolder
        ? `Its context has no file "${dockerfile}": \`dockerfile\` is a path inside \`context\`, without links.`
        : 'Its `context` is no folder of the repository (links are not followed).',
    });
  }
  const entries: LayerEntry[] = [];
  let bytes = 0;
  await walk(folder, '/', ['.git', '.git/**'], (entry) => {
    if (entry.path === '/') return;
    entries.push(entry);
    bytes += entry.kind === 'file' ? entry.size : 0;
    if (bytes > maxBytes || entries.length > maxFiles) throw tooLarge(name);
  });
  return entries;
}

/** Whether the path leads there by its own name, through no link, and is of this kind. */
async function isPlain(root: string, path: string, isKind: (found: Stats) => boolean): Promise<boolean> {
  if (path === '..' || path.startsWith(`..${sep}`)) return false;
  try {
    const real = join(await realpath(root), path);
    return (await realpath(real)) === real && isKind(await lstat(real));
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(String(error.code))) {
      return false;
    }
    throw error;
  }
}

function tooLarge(name: string): RunError {
  return new RunError(`packing the build context of the image "${name}"`, {
    code: 'BUILD_CONTEXT_TOO_LARGE',
    remedy: 'fix-input',
    hint: `A context may have ${maxFiles} files and ${maxBytes / 1024 ** 2} MiB: choose a smaller folder as \`context\`.`,
  });
}
