import { randomUUID } from 'node:crypto';
import { access, cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';

/**
 * Puts a database directory as PGlite's initdb makes it at `folder`, where nothing is yet: a copy of the one in the cache
 * folder, which is made first where this version of PGlite has none. Making one takes 5 s of processor time, copying it a tenth of
 * that (docs/decisions/0063). Nothing of anybody's is in it.
 * @returns false when the cache folder could not be used: then PGlite makes its own
 */
export async function copyTemplate(cacheDir: string, folder: string): Promise<boolean> {
  const template = await templateFolder(cacheDir);
  try {
    if (!(await exists(template))) await whole(template, async (path) => (await PGlite.create(path)).close());
    await whole(folder, (path) => cp(template, path, { recursive: true }));
    return true;
  } catch {
    return false;
  }
}

/** One that PGlite does not open. */
export async function dropTemplate(cacheDir: string): Promise<void> {
  await rm(await templateFolder(cacheDir), { recursive: true, force: true });
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What `make` makes appears at `path` when it is finished, or not at all. */
async function whole(path: string, make: (unfinished: string) => Promise<void>): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await make(unfinished);
    // Somebody else was quicker with the same.
    await rename(unfinished, path).catch(async (error) => {
      if (!(await exists(path))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function templateFolder(cacheDir: string): Promise<string> {
  const manifest = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'));
  const { version } = JSON.parse(await readFile(fileURLToPath(manifest), 'utf8')) as { version: string };
  return join(cacheDir, `pglite-${version}`);
}
