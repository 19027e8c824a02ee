import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { RunError } from '../errors.ts';
import { findDigestBy } from './find-digest.ts';
import type { ImageRecipe, Recipes, RecipeVariables } from './image-recipes.ts';
import { packLayer } from './pack-layer.ts';
import { type KnownLayer, type PlannedLayer, planLayer } from './plan-layer.ts';
import {
  type ComposedImage,
  composeImage,
  type Descriptor,
  hasBlob,
  mountBlob,
  pushComposed,
  pushFile,
} from './push-blobs.ts';
import type { RegistryClient } from './registry-client.ts';

export interface ImageProgress {
  /** The recipe's name. */
  image: string;
  state: 'present' | 'packing' | 'pushing' | 'pushed';
  layer?: string;
}

export interface ImageWorkshop {
  client: RegistryClient;
  recipes: Recipes;
  variables: RecipeVariables;
  /** Keeps what is known about packed layers (some bytes each) and, while it works, the layer being packed. */
  cacheDir: string;
  onProgress: (progress: ImageProgress) => void;
  signal: AbortSignal;
}

const packingPrefix = 'packing-';
const abandonedAfterMs = 24 * 60 * 60 * 1000;
const layerType = 'application/vnd.oci.image.layer.v1.tar';

/**
 * The image by digest, packed and pushed only when the registry does not have this content; then only its missing layers.
 * @returns `<registry>/<repository>@sha256:…`
 */
export async function ensureImage(workshop: ImageWorkshop, name: string): Promise<string> {
  const { client, signal } = workshop;
  const recipe = workshop.recipes.images[name];
  if (recipe === undefined) {
    throw new RunError(`looking for the image recipe "${name}"`, {
      code: 'IMAGE_RECIPE_INVALID',
      remedy: 'report-bug',
    });
  }
  const layers: PlannedLayer[] = [];
  for (const layer of recipe.layers) layers.push(await planLayer(workshop, layer));
  const present = await findPresent(workshop, recipe, layers);
  if (present !== null) {
    workshop.onProgress({ image: name, state: 'present' });
    return present;
  }
  const descriptors: Descriptor[] = [];
  for (const layer of layers) descriptors.push(await ensureLayer(workshop, name, recipe.repository, layer));
  const image = composeImage(imageConfig(recipe, descriptors), descriptors);
  await pushComposed(client, recipe.repository, image, tagsOf(recipe, image), signal);
  workshop.onProgress({ image: name, state: 'pushed' });
  return `${client.access.address}/${recipe.repository}@${image.digest}`;
}

/**
 * The image, when the registry has it under all its names. Held against the digest that follows from what we packed before: a
 * tag alone proves nothing where others may push.
 */
async function findPresent(
  { client, signal }: ImageWorkshop,
  recipe: ImageRecipe,
  layers: readonly PlannedLayer[],
): Promise<string | null> {
  const descriptors = layers.flatMap(({ known }) => (known === null ? [] : [descriptorOf(known)]));
  if (descriptors.length < layers.length) return null;
  const image = composeImage(imageConfig(recipe, descriptors), descriptors);
  const names = tagsOf(recipe, image);
  const found = await Promise.all(names.map((name) => findDigestBy(client, recipe.repository, name, signal)));
  return found.every((digest) => digest === image.digest)
    ? `${client.access.address}/${recipe.repository}@${image.digest}`
    : null;
}

/** The first part of the digest keeps the image from a registry's garbage collection; the recipe's own is for people. */
function tagsOf(recipe: ImageRecipe, image: ComposedImage): string[] {
  return [image.digest.replace('sha256:', '').slice(0, 16), ...(recipe.tag === undefined ? [] : [recipe.tag])];
}

async function ensureLayer(
  workshop: ImageWorkshop,
  image: string,
  repository: string,
  layer: PlannedLayer,
): Promise<Descriptor> {
  const { client, signal } = workshop;
  if (layer.known !== null && (await isThere(client, repository, layer.known, signal)))
    return descriptorOf(layer.known);
  await mkdir(workshop.cacheDir, { recursive: true });
  await sweepAbandoned(workshop.cacheDir);
  const folder = await mkdtemp(join(workshop.cacheDir, packingPrefix));
  try {
    workshop.onProgress({ image, state: 'packing', layer: layer.name });
    const packed = await packLayer(await layer.entries(), join(folder, 'layer.tar'), signal);
    workshop.onProgress({ image, state: 'pushing', layer: layer.name });
    await pushFile(client, repository, packed, signal);
    const { digest, size } = packed;
    await layer.remember({ digest, size, repository });
    return descriptorOf(packed);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a process that was killed had packed: hundreds of megabytes. None takes a day over one layer. */
async function sweepAbandoned(cacheDir: string): Promise<void> {
  const folders = (await readdir(cacheDir)).filter((name) => name.startsWith(packingPrefix));
  for (const folder of folders.map((name) => join(cacheDir, name))) {
    const changedMs = (await stat(folder).catch(() => null))?.mtimeMs ?? Date.now();
    if (Date.now() - changedMs > abandonedAfterMs) await rm(folder, { recursive: true, force: true });
  }
}

async function isThere(
  client: RegistryClient,
  repository: string,
  known: KnownLayer,
  signal: AbortSignal,
): Promise<boolean> {
  if (await hasBlob(client, repository, known.digest, signal)) return true;
  if (known.repository === repository) return false;
  return mountBlob(client, repository, { digest: known.digest, from: known.repository }, signal);
}

function descriptorOf({ digest, size }: { digest: string; size: number }): Descriptor {
  return { mediaType: layerType, digest, size };
}

function imageConfig(recipe: ImageRecipe, layers: readonly Descriptor[]): object {
  return {
    created: new Date(0).toISOString(),
    architecture: arch() === 'x64' ? 'amd64' : arch(),
    os: 'linux',
    config: {
      User: recipe.user,
      WorkingDir: recipe.workingDir,
      Env: Object.entries(recipe.env).map(([name, value]) => `${name}=${value}`),
      Entrypoint: recipe.entrypoint,
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
    history: recipe.layers.map((layer) => ({ created: new Date(0).toISOString(), created_by: `greenroom ${layer}` })),
  };
}
