import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../errors.ts';
import { type LayerEntry, walk } from './layer-files.ts';

const maxBytes = 1024 ** 3;
const maxFiles = 100_000;

/**
 * The files of a build's context as the entries of an archive, below `/`. Links stay links: nothing outside the folder is ever read.
 * The repository's own `.git` stays out; `.dockerignore` is for buildah to respect.
 * @throws RunError BUILD_INPUT_MISSING, BUILD_CONTEXT_TOO_LARGE (fix-input)
 */
export async function contextFiles(name: string, folder: string, dockerfile: string): Promise<LayerEntry[]> {
  const context = await lstat(folder).catch(() => null);
  const file = await lstat(join(folder, dockerfile)).catch(() => null);
  if (!context?.isDirectory() || !file?.isFile()) {
    throw new RunError(`looking for what the image "${name}" is built from`, {
      code: 'BUILD_INPUT_MISSING',
      remedy: 'fix-input',
      hint: context?.isDirectory()
        ? `Its context has no file "${dockerfile}": \`dockerfile\` is a path inside \`context\`.`
        : 'Its `context` is no folder of the repository.',
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

function tooLarge(name: string): RunError {
  return new RunError(`packing the build context of the image "${name}"`, {
    code: 'BUILD_CONTEXT_TOO_LARGE',
    remedy: 'fix-input',
    hint: `A context may have ${maxFiles} files and ${maxBytes / 1024 ** 2} MiB: choose a smaller folder as \`context\`.`,
  });
}
