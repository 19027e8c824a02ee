import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RunError } from '../errors.ts';
import type { LayerRecipe, Recipes, RecipeVariables } from './image-recipes.ts';
import { completeLayer, type LayerEntry, namedFiles } from './layer-files.ts';
import { layerKey } from './pack-layer.ts';

/** What a layer became when it was last packed, and a repository that got it. */
const KnownLayer = z.object({ digest: z.string(), size: z.number(), repository: z.string() });
export type KnownLayer = z.infer<typeof KnownLayer>;

export interface PlannedLayer {
  name: string;
  /** Null: never packed on this machine. */
  known: KnownLayer | null;
  entries(): Promise<readonly LayerEntry[]>;
  remember(layer: KnownLayer): Promise<void>;
}

interface PlanOptions {
  recipes: Recipes;
  variables: RecipeVariables;
  cacheDir: string;
  signal: AbortSignal;
}

/**
 * What of a layer is known without packing it. By the names, sizes and times of its files first, which takes a start no
 * reading and no `ldd`; where those are new (another checkout, an upgrade) by what is in them.
 * @throws RunError IMAGE_RECIPE_INVALID (report-bug), and what `layerFiles` throws
 */
export async function planLayer(
  { recipes, variables, cacheDir, signal }: PlanOptions,
  name: string,
): Promise<PlannedLayer> {
  const recipe = recipes.layers[name];
  if (recipe === undefined) {
    throw new RunError(`looking for the layer recipe "${name}"`, {
      code: 'IMAGE_RECIPE_INVALID',
      remedy: 'report-bug',
    });
  }
  const named = await namedFiles(recipe, variables);
  const look = await lookOf(recipe, [...named.values()]);
  const entries = () => completeLayer(recipe, named, signal);
  const seen = await readNote(cacheDir, look);
  if (seen !== null) {
    return { name, known: seen, entries, remember: (layer) => writeNote(cacheDir, look, layer) };
  }
  const complete = await entries();
  const content = await layerKey(complete);
  const known = await readNote(cacheDir, content);
  if (known !== null) await writeNote(cacheDir, look, known);
  return {
    name,
    known,
    entries: async () => complete,
    remember: async (layer) => {
      await writeNote(cacheDir, content, layer);
      await writeNote(cacheDir, look, layer);
    },
  };
}

const libraryCache = '/etc/ld.so.cache';

/**
 * A short name for how the layer's files look. The libraries that they need count by the system's list of libraries, which
 * every installation of one writes anew.
 */
async function lookOf(recipe: LayerRecipe, named: readonly LayerEntry[]): Promise<string> {
  const libraries = await stat(libraryCache).then(
    ({ size, mtimeMs }) => [size, mtimeMs],
    () => [],
  );
  return createHash('sha256')
    .update(JSON.stringify([recipe, libraries, named]))
    .digest('hex')
    .slice(0, 32);
}

async function readNote(cacheDir: string, key: string): Promise<KnownLayer | null> {
  try {
    return KnownLayer.parse(JSON.parse(await readFile(join(cacheDir, `${key}.json`), 'utf8')));
  } catch {
    // Absent or damaged is the same: the layer is packed again and ends with the same digest.
    return null;
  }
}

async function writeNote(cacheDir: string, key: string, known: KnownLayer): Promise<void> {
  const path = join(cacheDir, `${key}.json`);
  const unfinished = `${path}.${randomUUID()}`;
  await mkdir(cacheDir, { recursive: true });
  await writeFile(unfinished, JSON.stringify(known));
  await rename(unfinished, path);
}
