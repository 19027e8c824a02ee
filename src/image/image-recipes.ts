import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { RunError } from '../errors.ts';

/** A file capability of a program; the names of capabilities(7) in lower case. */
export const Capability = z.enum(['setgid', 'setuid']);
export type Capability = z.infer<typeof Capability>;

/** One thing to copy: see the head of `runner/images/images.yaml`. */
const Copy = z.union([
  z.string().transform((path) => ({ from: path, to: path, except: [] as string[], capability: null })),
  z
    .strictObject({
      from: z.string(),
      to: z.string().optional(),
      except: z.array(z.string()).default([]),
      capability: Capability.optional(),
    })
    .transform(({ from, to, except, capability }) => ({
      from,
      to: to ?? from,
      except,
      capability: capability ?? null,
    })),
]);

export const LayerRecipe = z.strictObject({
  package: z.string().optional(),
  directories: z.record(z.string(), z.string().regex(/^[0-7]{4}$/)).default({}),
  links: z.record(z.string(), z.string()).default({}),
  write: z.record(z.string(), z.string()).default({}),
  copy: z.array(Copy).default([]),
  modules: z.array(z.string()).default([]),
  modulesTo: z.string().default('/node_modules'),
  /** Globs below each package's folder. */
  modulesExcept: z.array(z.string()).default([]),
});
export type LayerRecipe = z.infer<typeof LayerRecipe>;

export const ImageRecipe = z.strictObject({
  repository: z.string(),
  /** A fixed second name for people; images are always found by the hash of their content. */
  tag: z.string().optional(),
  layers: z.array(z.string()).min(1),
  user: z.string(),
  workingDir: z.string(),
  env: z.record(z.string(), z.string()),
  entrypoint: z.array(z.string()),
});
export type ImageRecipe = z.infer<typeof ImageRecipe>;

const Recipes = z.strictObject({
  layers: z.record(z.string(), LayerRecipe),
  images: z.record(z.string(), ImageRecipe),
});
export type Recipes = z.infer<typeof Recipes>;

/** What the variables of the recipes stand for. `k6` only where an image with k6 is built. */
export interface RecipeVariables {
  /** This repository's folder. */
  project: string;
  node: string;
  k6?: string;
  lib: string;
}

/**
 * `runner/images/images.yaml` with the variables filled in.
 * @throws RunError IMAGE_RECIPE_INVALID (report-bug): the file is ours
 */
export async function readRecipes(project: string): Promise<Recipes> {
  const path = join(project, 'runner', 'images', 'images.yaml');
  try {
    return Recipes.parse(parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new RunError(`reading the image recipes "${path}"`, {
      code: 'IMAGE_RECIPE_INVALID',
      remedy: 'report-bug',
      cause,
    });
  }
}

/** `${node}` and its like in a host path. */
export function fillIn(text: string, variables: RecipeVariables): string {
  return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.entries(variables).find(([key]) => key === name)?.[1];
    if (typeof value === 'string') return value;
    throw new RunError(`filling in "${whole}" in "${text}" of an image recipe`, {
      code: 'IMAGE_RECIPE_INVALID',
      remedy: 'report-bug',
    });
  });
}
